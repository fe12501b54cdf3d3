"""The method (SoundCTM, Saito et al., ICLR 2025): noise levels, denoisers, jumps, samplers; nothing else."""
