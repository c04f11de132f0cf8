"""Stands for a module that takes 4 s to import, e.g. a model or a data frame library. It sleeps."""
import time

time.sleep(4)
