"""A storm: calls, kicks, recordings and deletes in rooms over three nodes, while nodes die, freeze and lose each other.

    site      three nodes, a PostgreSQL server of their own with an audit, and a receiver of webhooks
    crowd     what people do meanwhile, at nodes taken by chance
    watch     phones that are never sent away, and what they hear
    faults    what happens to the nodes
    audit     what must hold when it is over
    run       one storm, from its seed

``python -m tests.support.netns PYTHON -m tests.satellite.storm SECONDS [SEED]`` runs a long one.
"""
