"""Rooms to listeners who are no participants."""
