"""Executors: what each action does; a file of executors beside each file of actions."""
