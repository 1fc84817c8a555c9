"""What the driver of NVIDIA's cards says of them, without torch."""

import shutil
import subprocess


def ask_driver(*question: str) -> str:
    """Returns the answer of `nvidia-smi`; nothing where there is none, or it has none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    answer = subprocess.run([tool, *question], capture_output=True, text=True, check=False)
    return answer.stdout if answer.returncode == 0 else ""
