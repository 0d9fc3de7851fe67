"""Run folders: what a training leaves on the disk while it goes on, so that nothing is lost.

runs/<name>/
    settings.json     what was asked for and what was settled
    events.jsonl      what happened, a line each
    checkpoints/      the last two points to go on from
    result.json       what it came to, once it ended
    lock              held by the process that trains
"""
