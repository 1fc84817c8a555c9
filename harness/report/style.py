"""How a report looks: narrow and wide, light and dark, in colours that everyone can tell apart."""

from harness.report.colours import BLUE, DARK_ORANGE, ORANGE, SKY_BLUE

# A line that ends in a backslash goes on in the next.
LIGHT = f"""\
--ink:#1b1f24;--soft:#57606a;--paper:#fff;--panel:#f6f8fa;--rule:#d0d7de;
--blue:{BLUE};--orange:{DARK_ORANGE};--fill:{BLUE}33"""
DARK = f"""\
--ink:#e6edf3;--soft:#9aa4af;--paper:#0f1318;--panel:#181e25;
--rule:#323a44;--blue:{SKY_BLUE};--orange:{ORANGE};--fill:{SKY_BLUE}33"""
THEMES = f"""
:root{{color-scheme:light dark;{LIGHT}}}
@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}"""
RULES = """\
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);\
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans",sans-serif}main{max-width:1080px;margin:0 auto;padding:24px 16px 64px;\
overflow-wrap:anywhere}
h1.answer{font-size:1.45rem;line-height:1.35;margin:.2em 0 .4em;font-weight:650}
.question{color:var(--soft);margin:0 0 1em}
h2{font-size:1.15rem;margin:2.2em 0 .5em;padding-top:.8em;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.4em 0 .3em}a{color:var(--blue);text-decoration:none}\
a:hover{text-decoration:underline}
.badge{font-size:.72rem;font-weight:500;color:var(--soft);border:1px solid var(--rule);\
border-radius:99px;
padding:1px 8px;margin-left:4px;vertical-align:2px;white-space:nowrap}
.badge.primary{color:var(--blue);border-color:currentColor}
.badge.exploratory{color:var(--orange);border-color:currentColor}.verdict{font-size:1.05rem}
.warning{border-left:4px solid var(--orange);background:var(--panel);padding:8px 12px;\
margin:.6em 0}
dl{display:grid;grid-template-columns:minmax(110px,max-content) 1fr;gap:4px 16px;margin:.5em 0}\
dt{color:var(--soft)}
dd{margin:0}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums;\
margin:.8em 0}
th{font-weight:600;text-align:left;color:var(--soft);border-bottom:1px solid var(--rule);\
padding:4px 8px 4px 0}
td{padding:5px 8px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top;\
overflow-wrap:normal}
td[data-k=n],td[data-k=p],td[data-k=corrected],td[data-k=verdict],\
td[data-k=runs]>details:not([open])
{white-space:nowrap}td[data-k=arm],td[data-k=contrast]{overflow-wrap:anywhere}\
td[data-k=runs]{max-width:24em}
th{overflow-wrap:normal}.wide{overflow:auto;max-height:70vh}
.wide td,.wide th{white-space:nowrap}tr:target td,details:target{background:var(--fill)}
.figures{display:flex;flex-wrap:wrap;gap:8px 28px}figure{margin:0;flex:1 1 340px;max-width:560px}
svg{width:100%;height:auto;display:block}.legend{color:var(--soft);font-size:.85rem;\
margin:.2em 0 1em}
summary{cursor:pointer;color:var(--soft)}li{margin:.2em 0}
svg text{fill:var(--ink);font-size:13px;font-family:inherit}svg .tick,svg .axis{fill:var(--soft);\
font-size:12px}
svg .name,svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
svg .grid{stroke:var(--rule);stroke-width:.6}svg .box{fill:var(--fill);stroke:none}
svg .median{stroke:var(--blue);stroke-width:1.5}svg .dot{fill:var(--blue);fill-opacity:.75}
svg .pair{stroke:var(--soft);stroke-width:.8;stroke-opacity:.6}
svg .mean{stroke:var(--orange);stroke-width:2;fill:none}svg .diamond{fill:var(--orange)}
svg .line,svg .stem{stroke:var(--ink);fill:none}svg .stem{stroke-width:.8}
svg .clique{stroke:var(--ink);stroke-width:4}
svg .title{font-size:13px;font-weight:600}
.across{overflow-x:auto}.paper{width:auto}
.paper td,.paper th{text-align:right;padding:5px 0 4px 14px;white-space:nowrap}
.paper th.label{text-align:left;padding:5px 14px 4px 0}.paper tbody .label{color:var(--ink);\
font-weight:400;
border-bottom:0;vertical-align:top}.paper tbody .label.again{visibility:hidden}\
.paper tbody td{border-bottom:0}
.paper tr:not(:last-child)>th[colspan]:not([colspan="1"]){text-align:center;
background:linear-gradient(var(--rule),var(--rule)) right bottom/calc(100% - 14px) 1px no-repeat;\
border-bottom:0}
.paper tr:not(:last-child)>th.label{border-bottom:0}
.paper tbody tr:last-child>*{border-bottom:1px solid var(--rule)}\
.paper tr.fresh>*{border-top:1px solid var(--rule)}
.paper td[style]{padding:6px 10px}.paper td[style] *{color:inherit}
.scale i{display:inline-block;width:9em;height:.8em;vertical-align:-1px}
.paper span{display:block}.paper small,.paper .theirs{color:var(--soft);font-size:.78rem}
@media(max-width:640px){table.cards thead{display:none}
table.cards tr{display:block;border-bottom:2px solid var(--rule);padding:6px 0}
table.cards td{display:grid;grid-template-columns:7.5em 1fr;border:0;padding:2px 0}
table.cards td::before{content:attr(data-k);color:var(--soft)}
table.cards.paper tr.fresh>*{border-top:0}table.cards.paper tbody tr:last-child>*{border:0}
.paper{width:100%}.paper .label{display:inline-block;padding:0 10px 0 0!important;\
font-weight:600!important}
.paper tbody .label.again{visibility:visible}table.cards.paper td{text-align:left;\
grid-template-columns:9.5em 1fr;
white-space:normal}.paper .theirs{grid-column:2}
h1.answer{font-size:1.2rem}
dl{grid-template-columns:1fr}dd{margin-bottom:6px}figure.answer svg{min-width:600px}}
"""
PAPER = """\
h1.answer a{color:inherit;display:block;margin-bottom:.25em}\
ul.answers{margin:0 0 .8em;padding-left:1.2em}figure.answer{max-width:none;margin:1em 0}\
figcaption{color:var(--soft);font-size:.85rem;margin:.3em 0}
.prose{max-width:70ch;margin:.6em 0}pre{white-space:pre-wrap;background:var(--panel);\
border:1px solid var(--rule);padding:10px 12px;font-size:.8rem;max-height:60vh;overflow:auto}
.stratum.small{display:inline-block;width:min(100%,500px);vertical-align:top;margin-right:16px}
.checklist td:first-child{white-space:nowrap;color:var(--soft)}.checklist td:last-child{width:55%}
.checklist .unanswered td:last-child{color:var(--orange);font-style:italic}
svg .none{stroke:var(--ink);stroke-width:1}svg .margin{fill:var(--fill);stroke:none}
svg .margin-edge{stroke:var(--blue);stroke-width:1;stroke-dasharray:4 3;fill:none}
svg .interval{stroke:var(--orange);stroke-width:1.8;fill:none}
svg .estimate-open{stroke:var(--orange);stroke-width:1.8;fill:var(--paper)}
svg .estimate-shown{stroke:var(--orange);stroke-width:1.8;fill:var(--orange)}
svg .curve{fill:none;stroke-width:1.4;stroke-opacity:.75}
"""
# On paper nothing scrolls: tables wrap, the widest get a page across, and what is folded opens.
PRINT = f"""\
@page{{size:A4;margin:14mm 13mm}}@page across{{size:A4 landscape;margin:12mm}}
@media print{{:root{{color-scheme:light;{LIGHT}}}
body{{font-size:10pt}}main{{max-width:none;padding:0}}
h1.answer{{font-size:14pt}}h2{{font-size:12pt;margin-top:1.4em}}h2,h3,summary{{break-after:avoid}}
table{{font-size:8pt}}thead{{display:table-header-group}}
tr,figure,.warning,.small{{break-inside:avoid}}
.stratum.small{{width:47%}}figure{{max-width:125mm}}
.wide,.across,pre{{overflow:visible;max-height:none}}
.wide td,.wide th,.paper td,.paper th{{white-space:normal;overflow-wrap:anywhere}}
section:has(.wide){{page:across}}.wide table{{font-size:6.5pt}}\
.wide td,.wide th{{padding:2px 4px 2px 0}}
.paper td[style],.scale i{{print-color-adjust:exact}}.paper td,.paper th{{padding-left:8px}}
details.part::details-content{{content-visibility:visible;block-size:auto}}
details:not(.part):not([open]){{display:none}}td>details:not(.part):not([open]){{display:block}}
td[data-k=runs]>details summary{{list-style:none}}\
pre{{font-size:6.5pt;columns:2;border:0;padding:0;background:none}}}}
"""
STYLE = THEMES + RULES + PAPER + PRINT
