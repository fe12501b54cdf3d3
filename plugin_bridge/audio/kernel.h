/* What the compiled parts of the audio thread share with each other, and with NumPy: structures of pointers into
   arrays that Python made, and that are never replaced (kernel.py, plain.py). */

#ifndef ONETAKE_KERNEL_H
#define ONETAKE_KERNEL_H

#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
#define SLICE 128
#define TAPS 32

/* Rows of rows.py, one a voice. */
typedef struct {
    const float *pool; /* (pool_frames, 2) */
    int64_t pool_frames, rows;
    uint8_t *live;
    const int64_t *first, *bus, *channel;
    const double *length, *loop, *step, *attack, *end, *release, *bend;
    double *place, *age;
    float *gain, *wish, *power; /* gain, wish: (rows, 2) */
} Voices;

/* Memory of a limiter, see limiter.py. */
typedef struct {
    int64_t latency, hold, mean;
    const float *taps; /* (3, TAPS) */
    float *past;       /* (2, TAPS) */
    float *row;        /* (TAPS + most,) */
    float *points;     /* (5, TAPS + most) */
    float *peaks;      /* (TAPS + most,) */
    double *levels;    /* (hold - 1 + most,) */
    double *least;     /* (2, hold - 1 + most) */
    double *released;  /* (mean - 1 + most,) */
    float *delay;      /* (latency + most, 2) */
    double per_ceiling, slope;
    int64_t most;
    float fault;
} Limiter;

void onetake_voices(Voices *v, int64_t frames, int listen, float *buses, int64_t stride);
double onetake_limit(Limiter *l, float *block, int64_t frames);
int64_t onetake_peaks(const float *block, int64_t frames, float *peaks);

#endif
