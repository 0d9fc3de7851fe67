"""The training process: takes commands from the studio's server and tells it what happens.

``__main__`` reads and writes frames, ``loop`` carries out commands, ``attendant`` stands between
two training steps, ``desk`` answers requests; everything else makes one kind of answer.
"""
