"""Many databases in one folder, each a pure function of its seed.

``recipe`` says what all of them have in common, ``database`` makes one, ``worker`` is the process that does so again
and again, ``run`` keeps several of them busy, ``index`` tells what is there.
"""
