"""Playing a trained model live: from MIDI, keys or a microphone, block by block, in a process of its own."""
