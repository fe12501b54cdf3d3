/* A whole block without the interpreter: what mixer.py does where nothing new was said, and the callback of JACK
   that copies it to the ports.

   Why so: the interpreter has one lock. Whoever holds it when a block is due, a reading thread or a snapshot, makes
   the block late, and a real-time thread has no way to be preferred. Nearly every block has no news: no MIDI, no
   order, no switch. Those are made here, from state that Python keeps in arrays. A block with news is Python's. */

#define _POSIX_C_SOURCE 199309L

#include "kernel.h"

#include <stddef.h>
#include <time.h>

#define LISTEN 4    /* slices between two looks at how loud each voice is, as in rows.py */
#define MOST_PAIRS 16

typedef struct {
    Voices *voices;
    Limiter *limiter;
    int64_t rate, most, audition, channels, loads, ring; /* audition: its bus; channels, loads: of meters.py; ring:
                                                            frames of heard.py */
    const int64_t *news;                           /* not 0: something was said to the mixer */
    const int64_t *pairs;
    int64_t *frame, *quiet, *slices;
    const float *shares;    /* gain of the monitor; the kit's share in it; the kit's, and its own, in the outputs */
    const int64_t *limited; /* whether the limiter is on */
    double *least;
    int64_t *faults, *beat, *clips;
    const int64_t *side; /* which row of the peaks is written to */
    float *peaks;        /* (2, channels) */
    float *load;         /* (loads,) */
    float *buses;        /* (audition + 1, most, 2) */
    float *mix;          /* (most, 2) */
    float *heard;        /* (ring, 2) */
    int64_t *written;    /* frames so far */
} Block;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void clear(float *samples, int64_t count) {
    for (int64_t i = 0; i < count; i++) samples[i] = 0.0f;
}

static void render(Block *b, int64_t pairs, int64_t frames) {
    const int64_t stride = 2 * b->most;
    for (int64_t bus = 0; bus < b->audition; bus++)
        if (bus < pairs) clear(b->buses + bus * stride, 2 * frames);
    clear(b->buses + b->audition * stride, 2 * frames);
    for (int64_t first = 0; first < frames; first += SLICE) {
        const int64_t count = frames - first < SLICE ? frames - first : SLICE;
        *b->slices += 1;
        onetake_voices(b->voices, count, *b->slices % LISTEN == 0, b->buses + 2 * first, stride);
    }
    int sounds = 0;
    for (int64_t r = 0; r < b->voices->rows; r++) sounds |= b->voices->live[r];
    *b->quiet = sounds ? 0 : *b->quiet + frames;
}

/* What is no number becomes silence, as Limiter._silence_faults has it. */
static void silence_faults(Block *b, int64_t frames) {
    for (int64_t i = 0; i < frames; i++) {
        float *left = b->mix + 2 * i, *right = left + 1;
        const float fault = b->limiter->fault;
        const int sound = *left < fault && *left > -fault && *right < fault && *right > -fault;
        if (sound) continue;
        *left = *right = 0.0f;
        *b->faults += 1;
    }
}

/* MonitorPath.process where no share moves. */
static void monitor(Block *b, int64_t pairs, int64_t frames) {
    const float gain = b->shares[0], here = b->shares[1], out = b->shares[2], mixed = b->shares[3];
    const float *audition = b->buses + 2 * b->audition * b->most;
    for (int64_t i = 0; i < 2 * frames; i++) {
        float sum = b->buses[i];
        for (int64_t pair = 1; pair < pairs; pair++) sum += b->buses[2 * pair * b->most + i];
        b->mix[i] = (sum * here + audition[i]) * gain;
    }
    if (*b->limited) {
        double least = onetake_limit(b->limiter, b->mix, frames);
        if (least < 0.0) {
            silence_faults(b, frames);
            least = onetake_limit(b->limiter, b->mix, frames);
        }
        *b->least = least;
    }
    for (int64_t pair = 0; pair < pairs; pair++) {
        float *bus = b->buses + 2 * pair * b->most;
        for (int64_t i = 0; i < 2 * frames; i++) bus[i] *= out;
    }
    for (int64_t i = 0; i < 2 * frames; i++) {
        b->buses[i] += b->mix[i] * mixed;
        b->mix[i] *= 1.0f - mixed;
    }
}

static void meter(Block *b, int64_t pairs, int64_t frames) {
    float *peaks = b->peaks + *b->side * b->channels;
    for (int64_t pair = 0; pair < pairs; pair++)
        *b->clips += onetake_peaks(b->buses + 2 * pair * b->most, frames, peaks + 2 * pair);
    *b->clips += onetake_peaks(b->mix, frames, peaks + b->channels - 2);
}

/* Heard.block: what the ears get, the outputs' sum where that is by way of the DAW; silence where nothing was made. */
static void lay_down(Block *b, int64_t pairs, int64_t frames, int made) {
    const int in_daw = b->shares[3] != 0.0f;
    int64_t at = 2 * (*b->written % b->ring);
    for (int64_t i = 0; i < 2 * frames; i++) {
        float sum = 0.0f;
        if (made && !in_daw) sum = b->mix[i];
        if (made && in_daw)
            for (int64_t pair = 0; pair < pairs; pair++) sum += b->buses[2 * pair * b->most + i];
        b->heard[at++] = sum;
        if (at == 2 * b->ring) at = 0;
    }
    __atomic_store_n(b->written, *b->written + frames, __ATOMIC_RELEASE);
}

/* The next block: 0 where it is Python's, with nothing done; 1 where it lies in the buses and the mix; 2 where it is
   silence, and nothing was written. */
EXPORT int onetake_block(Block *b, int64_t frames) {
    if (frames > b->most || __atomic_load_n(b->news, __ATOMIC_ACQUIRE)) return 0;
    const double began = seconds();
    const int64_t pairs = *b->pairs;
    int made = 2;
    if (*b->quiet < b->rate) { /* else a second of silence: the limiter has forgotten, and a laptop may sleep */
        render(b, pairs, frames);
        monitor(b, pairs, frames);
        made = 1;
    }
    *b->frame += frames;
    const double share = (seconds() - began) * (double)b->rate / (double)(frames > 1 ? frames : 1);
    if (*b->quiet < b->rate) meter(b, pairs, frames);
    lay_down(b, pairs, frames, made == 1);
    b->load[*b->beat % b->loads] = (float)share;
    *b->beat += 1;
    return made;
}

typedef struct {
    Block *block;
    void *(*buffer)(void *port, uint32_t frames);
    uint32_t (*count)(void *midi);
    void (*clear)(void *midi);
    int (*python)(uint32_t frames, void *nothing);
    void *midi_in, *midi_thru, *left, *right;
    void *outputs[2 * MOST_PAIRS];
    int64_t ports;  /* how many of them there are */
    int64_t python_only;
} Jack;

static void copy(Jack *j, void *port, const float *samples, uint32_t frames) {
    float *there = j->buffer(port, frames);
    for (uint32_t i = 0; i < frames; i++) there[i] = samples == NULL ? 0.0f : samples[2 * i];
}

/* JackProcessCallback. */
EXPORT int onetake_jack(uint32_t frames, void *data) {
    Jack *j = data;
    if (__atomic_load_n(&j->python_only, __ATOMIC_ACQUIRE)) return j->python(frames, NULL);
    if (j->count(j->buffer(j->midi_in, frames)) > 0) return j->python(frames, NULL);
    const int made = onetake_block(j->block, frames);
    if (made == 0) return j->python(frames, NULL);
    j->clear(j->buffer(j->midi_thru, frames));
    const Block *b = j->block;
    const int64_t ports = __atomic_load_n(&j->ports, __ATOMIC_ACQUIRE);
    for (int64_t port = 0; port < ports; port++) {
        const int64_t pair = port / 2;
        const float *bus = b->buses + 2 * pair * b->most + port % 2;
        copy(j, j->outputs[port], made == 1 && pair < *b->pairs ? bus : NULL, frames);
    }
    copy(j, j->left, made == 1 ? b->mix : NULL, frames);
    copy(j, j->right, made == 1 ? b->mix + 1 : NULL, frames);
    return 0;
}
