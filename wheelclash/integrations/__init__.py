"""Where other tools call wheelclash from within: a plugin of pytest and a build hook of hatchling.

Each is loaded by its tool in every run, whether it is asked for or not, so its module imports that tool alone.
"""
