"""Recognition: speech to text, in processes of its own.

    tap -> session -> queue ~~pipe~~> worker: voice detector -> segmenter -> engine
                        ^                                        |
    rows, events <- writer <--------- reports <------------------+

A session keeps what its worker has not settled: a worker that dies is started again and hears it again.
"""
