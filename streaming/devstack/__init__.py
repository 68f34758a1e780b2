"""The whole platform on one machine: starts the pieces that no URL in the environment replaces, and ends every process
it started, also when it is killed itself."""
