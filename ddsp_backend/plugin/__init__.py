"""Hands a trained model to the DDSP-VST plug-in: one .tflite file that holds the decoder and what it was trained on."""
