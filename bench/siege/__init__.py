"""Siege: mutated and flooding packets at every port of a server, while phones talk and their audio is measured."""
