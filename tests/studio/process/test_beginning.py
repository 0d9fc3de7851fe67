"""The process begins to read before torch is there."""

import subprocess
import sys


def test_commands_are_taken_before_torch_is_loaded():
    code = (
        "import sys; import convlens.studio.process.loop;"
        "print([name for name in ('torch', 'scipy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_frames_need_nothing_but_python():
    code = (
        "import sys; import convlens.studio.frames;"
        "print([name for name in ('torch', 'numpy', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
