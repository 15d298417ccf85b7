"""Packages of conda: what is in their archives, and where that is installed."""
