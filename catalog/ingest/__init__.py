"""Uploads of masters and their way to published assets: probed, encoded, packaged and stored by a worker."""
