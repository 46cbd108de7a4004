"""The networks: layers, preprocessing, decoders, and the autoencoder that ties them to a processor group.

Everything here is a plain `tf.Module`. docs/architecture.md says why there is no Keras.
"""
