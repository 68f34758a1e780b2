"""The Django project: settings, URLs, the shared API rules and small libraries.

It promises to import no app; every app may import it.
"""
