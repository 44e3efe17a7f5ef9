// placeholder: the first file of this module replaces it.
