"""What a sceptic asks of a verdict: its test, its pairs, what was averaged, and the normality."""

import streamlit as st

from dashboard.parts.text import plain
from harness.judge.arms import levels_text
from harness.judge.sentences import number, p_value
from harness.judge.verdicts import Verdict


def show_checks(verdict: Verdict) -> None:
    """Lists what a reader should know before believing a verdict; information, never a gate."""
    checks = check_texts(verdict)
    with st.expander(f"Checks ({len(checks)})"):
        for text in checks:
            st.markdown(f"- {plain(text)}")


def check_texts(verdict: Verdict) -> list[str]:
    """Writes the notes, the averaged settings, the test, the pairs and the normality."""
    checks = list(verdict.notes)
    if verdict.averaged:
        checks.append(f"averaged over {', '.join(verdict.averaged)}")
    for contrast in verdict.contrasts[:1]:
        if contrast.test:
            checks.append(f"test: {contrast.test}, {contrast.why}")
        if contrast.pairing:
            paired = "paired" if contrast.paired else "not paired"
            checks.append(f"pairs: {paired}, {contrast.pairing}")
    for contrast in verdict.contrasts:
        if contrast.note and verdict.comparison.kind != "model":
            checks.append(f"{contrast.name}: {contrast.note}")
    for stratum, result in verdict.omnibus:
        where = f" at {levels_text(stratum)}" if stratum else ""
        statistic = number(result.statistic)
        values = f"{statistic}, {p_value(result.p)}"
        checks.append(f"all arms at once{where}: {result.test} {values}")
    return checks + list(verdict.normality)
