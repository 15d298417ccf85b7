"""The oracle: tiny wheels installed by real pip and real uv, and the model disk held against the real disk.

How it works, from the ground up:

``tests/support/environments.py``
    makes a virtual environment in milliseconds, runs the pip and uv that are installed beside pytest on it, cut off
    from network and configuration, and takes snapshots of what they wrote. pip is imported once and forked for each
    command (``tests/support/warm_pip.py``); ``test_warm_pip.py`` holds that against pip in a process of its own.
``features.py``
    is a table of the ways in which a wheel can come to write an installed file. Every feature of a *place* writes the
    same file, so that two wheels, one feature each, contest it.
``cases.py``
    pairs the features up, with equal and different texts, with the names of the two wheels swapped; and adds cases
    that are no pairs: three owners, requirements between owners, namespaces, headers, ….
``observation.py``
    takes many cases at once, in one environment, through *scripts*: install the first, install the second, uninstall
    the first; or install all in one command, reinstall one; …. Cases share nothing, so they do not disturb each other.
``model.py``
    reads the same wheels as the product does and plays the same scripts on its model disk.
``agreement.py``
    says, path by path, where the two differ.

Then the tests: ``test_mapping.py`` (what one wheel writes, what is refused), ``test_disk.py`` (the disk after every
command), ``test_diagnosis.py`` (winners, intactness, damage), ``test_order.py`` (pip's order over random graphs),
``test_remedy.py`` (printed commands, really run).

To add a feature, add one row to ``FEATURES``: its name, its place, and a function that puts it into a wheel. It is
then paired with all others. If installers refuse it, it belongs in ``REFUSED``, with their names. A case with a story
of its own is a function in ``cases.py`` that returns its wheels.

The ordinary run takes every pair once. The full product of features, texts, names, installers and scripts is marked
``product``: ``pytest -m product tests/oracle``.

What a test compares is files on disk. Where it fails, either the product is wrong, or an installer has changed; never
bend the comparison. The two places where it is lenient are named: ``Case.provable`` (equal bytes that cannot be known
to be equal may be called different) and ``Feature.unsettled_by`` (an installer that leaves the content of a single
wheel to chance).
"""
