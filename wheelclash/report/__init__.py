"""The report: what was found, as values, as text and as JSON.

``model`` is the contract programs rely on; ``build`` fills it; ``text`` and ``json`` write it; ``schema`` publishes it.
"""
