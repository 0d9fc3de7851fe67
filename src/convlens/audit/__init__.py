"""The audit: what in a folder of pictures would spoil a training, told before it.

findings = audit(open_source("photos/"))
for finding in findings.findings:               # most serious first
    print(finding.line, finding.advice)
"""

from convlens.audit.auditing import audit
from convlens.audit.findings import Case, ClassCount, Clue, Finding, Findings, Picture, Sizes

__all__ = ["Case", "ClassCount", "Clue", "Finding", "Findings", "Picture", "Sizes", "audit"]
