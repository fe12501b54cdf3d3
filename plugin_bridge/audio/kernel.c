/* The inner loops of the audio callback: all voices of a slice, the limiter, the peaks.

   Compiled because NumPy's fixed cost per operation is what a block of 128 frames mostly pays for. The same
   arithmetic in the same order as slices.py and limiter.py, which serve where there is no compiler and hold this
   file to its word in the tests. No memory is asked for, nothing is locked, nothing can fail.

   Contraction to fused multiply-adds must be off (-ffp-contract=off): results would differ from NumPy's. */

#include "kernel.h"

double exp2(double);
double fmod(double, double);
double log2(double);

EXPORT const int64_t onetake_kernel_version = 3;

/* 0 to 1 as a smooth step. */
static inline float smooth(double share) {
    double x = share < 0.0 ? 0.0 : (share > 1.0 ? 1.0 : share);
    return (float)(x * x * (3.0 - 2.0 * x));
}

static inline double wrapped(double place, double begin, double loop) {
    double over = place - begin;
    return (over > 0.0 ? fmod(over, loop) : over) + begin;
}

/* Places (frames,) of a voice in its sound, past a loop's end brought back into it. */
static void find_places(const Voices *v, int64_t r, double step, int64_t frames, double *place) {
    const double from = v->place[r], length = v->length[r], loop = v->loop[r];
    for (int64_t i = 0; i < frames; i++) place[i] = from + step * (double)i;
    if (loop > 0.0 && place[frames - 1] >= length) {
        for (int64_t i = 0; i < frames; i++) place[i] = wrapped(place[i], length - loop, loop);
    }
}

static inline int64_t within(int64_t index, int64_t frames) {
    return index < 0 ? 0 : (index >= frames ? frames - 1 : index);
}

/* Four points, third order, as interpolate.read: sound is (frames, 2). */
static void read_pool(const Voices *v, int64_t first, const double *place, int64_t frames, float *sound) {
    int64_t index[SLICE];
    float x[SLICE];
    int64_t lowest = INT64_MAX, highest = INT64_MIN;
    for (int64_t i = 0; i < frames; i++) {
        int64_t whole = (int64_t)place[i];
        whole -= (double)whole > place[i]; /* towards minus infinity, as floor */
        x[i] = (float)(place[i] - (double)whole);
        index[i] = whole + first;
        lowest = index[i] < lowest ? index[i] : lowest;
        highest = index[i] > highest ? index[i] : highest;
    }
    const int inside = lowest >= 1 && highest + 2 < v->pool_frames;
    for (int64_t i = 0; i < frames; i++) {
        const float square = x[i] * x[i], cube = square * x[i];
        const float at = 1.0f - 2.5f * square + 1.5f * cube;
        const float before = square - 0.5f * (x[i] + cube);
        const float after = 2.0f * square + 0.5f * x[i] - 1.5f * cube;
        const float beyond = 0.5f * (cube - square);
        const int64_t n = v->pool_frames, k = index[i];
        const float *a, *b, *c, *d;
        if (inside) {
            b = v->pool + 2 * k;
            a = b - 2, c = b + 2, d = b + 4;
        } else {
            a = v->pool + 2 * within(k - 1, n), b = v->pool + 2 * within(k, n);
            c = v->pool + 2 * within(k + 1, n), d = v->pool + 2 * within(k + 2, n);
        }
        for (int side = 0; side < 2; side++)
            sound[2 * i + side] = b[side] * at + a[side] * before + c[side] * after + d[side] * beyond;
    }
}

/* Silence before the start and after the end, attack and release. */
static void shape(const Voices *v, int64_t r, const double *place, int64_t frames, float *sound) {
    const double age = v->age[r], attack = v->attack[r], end = v->end[r], length = v->length[r];
    const int ends = end < 1e300;
    if (age >= attack && place[frames - 1] < length && !ends) return;
    for (int64_t i = 0; i < frames; i++) {
        const double now = age + (double)i;
        float level = now >= 0.0 && place[i] < length ? 1.0f : 0.0f;
        if (attack > 0.0) level *= smooth((now + 1.0) / attack);
        if (ends) level *= smooth((end + v->release[r] - now) / v->release[r]);
        sound[2 * i] *= level, sound[2 * i + 1] *= level;
    }
}

static void apply_gain(const Voices *v, int64_t r, int moving, int64_t frames, float *sound) {
    float *now = v->gain + 2 * r;
    const float *wish = v->wish + 2 * r;
    for (int64_t i = 0; i < frames; i++) {
        const float share = (float)((double)(i + 1) / (double)frames);
        for (int side = 0; side < 2; side++)
            sound[2 * i + side] *= moving ? now[side] * (1.0f - share) + wish[side] * share : now[side];
    }
    now[0] = wish[0], now[1] = wish[1];
}

static void advance(Voices *v, int64_t r, double step, int64_t frames) {
    const double length = v->length[r], loop = v->loop[r];
    double place = v->place[r] + step * (double)frames;
    v->age[r] += (double)frames;
    if (loop > 0.0 && place >= length) place = (length - loop) + fmod(place - (length - loop), loop);
    v->place[r] = place;
    if (v->age[r] >= v->end[r] + v->release[r] || (!(loop > 0.0) && place >= length)) v->live[r] = 0;
}

/* Add the next frames, at most SLICE, to the buses: (…, 2) each, `stride` floats from one to the next. */
EXPORT void onetake_voices(Voices *v, int64_t frames, int listen, float *buses, int64_t stride) {
    double place[SLICE];
    float sound[2 * SLICE];
    int moving = 0;
    for (int64_t r = 0; r < v->rows; r++) {
        if (v->live[r])
            moving |= v->gain[2 * r] != v->wish[2 * r] || v->gain[2 * r + 1] != v->wish[2 * r + 1];
    }
    for (int64_t r = 0; r < v->rows; r++) {
        if (!v->live[r]) continue;
        const double step = v->step[r] * v->bend[v->channel[r]];
        find_places(v, r, step, frames, place);
        read_pool(v, v->first[r], place, frames, sound);
        shape(v, r, place, frames, sound);
        apply_gain(v, r, moving, frames, sound);
        if (listen) {
            float power = 0.0f;
            for (int64_t i = 0; i < 2 * frames; i++) power += sound[i] * sound[i];
            v->power[r] = power / (float)frames;
        }
        float *bus = buses + v->bus[r] * stride;
        for (int64_t i = 0; i < 2 * frames; i++) bus[i] += sound[i];
        advance(v, r, step, frames);
    }
}

#define OCTAVE 16777216.0

static inline float magnitude(float x) { return x < 0.0f ? -x : x; }
static inline float larger(float a, float b) { return a > b ? a : b; }

/* Points at every frame of a row: the samples, three between, the next samples. */
static void interpolate(const Limiter *l, int64_t count) {
    const int64_t width = TAPS + l->most;
    const float *row = l->row;
    for (int j = 0; j < 3; j++) {
        float *out = l->points + (j + 1) * width;
        for (int64_t k = 0; k < count; k++) out[k] = 0.0f;
        for (int t = 0; t < TAPS; t++) {
            const float tap = l->taps[j * TAPS + t];
            for (int64_t k = 0; k < count; k++) out[k] += row[k + t] * tap;
        }
    }
    for (int64_t k = 0; k < count; k++) l->points[k] = row[k + TAPS / 2 - 1];
    for (int64_t k = 0; k < count; k++) l->points[4 * width + k] = row[k + TAPS / 2];
}

/* The vertex of the highest parabola of each frame from the second on, the larger of it and what is there. */
static void raise_peaks(const Limiter *l, int64_t count) {
    const int64_t width = TAPS + l->most;
    for (int j = 0; j < 4; j++) {
        const float *here = l->points + j * width, *next = here + width;
        for (int64_t k = 1; k < count; k++) {
            const float before = j == 0 ? l->points[4 * width + k - 1] - l->points[3 * width + k - 1]
                                        : here[k] - here[k - width];
            const float after = next[k] - here[k];
            const float slope = magnitude(after + before);
            const float bend = larger(magnitude(after - before), slope) + 1e-30f;
            const float height = magnitude(here[k]) + slope / bend * slope * 0.125f;
            l->peaks[k] = larger(l->peaks[k], height);
        }
    }
}

/* Peaks at or within a frame after each sample, linear, at l->peaks[1 … frames]. */
static void find_peaks(const Limiter *l, const float *block, int64_t frames) {
    const int64_t count = frames + 1;
    for (int64_t k = 0; k < count; k++) l->peaks[k] = 0.0f;
    for (int side = 0; side < 2; side++) {
        float *past = l->past + side * TAPS;
        for (int64_t k = 0; k < TAPS; k++) l->row[k] = past[k];
        for (int64_t k = 0; k < frames; k++) l->row[TAPS + k] = block[2 * k + side] + 1e-20f;
        for (int64_t k = 0; k < TAPS; k++) past[k] = l->row[frames + k];
        interpolate(l, count);
        raise_peaks(l, count);
    }
}

/* The least of every `hold` levels, by windows of 2, 4, 8 … frames, which a compiler vectorises. */
static const double *sliding_minimum(const Limiter *l, int64_t frames) {
    const double *here = l->levels;
    int64_t count = l->hold - 1 + frames, width = 1, turn = 0;
    while (width < l->hold) {
        const int64_t shift = width < l->hold - width ? width : l->hold - width;
        double *out = l->least + turn * (l->hold - 1 + l->most);
        count -= shift;
        for (int64_t k = 0; k < count; k++) out[k] = here[k] < here[k + shift] ? here[k] : here[k + shift];
        here = out;
        width += shift;
        turn = 1 - turn;
    }
    return here;
}

/* Limit (frames, 2) in place, at most l->most; returns the smallest gain, or -1 with nothing done where a sample is
   not a number or beyond `fault`. */
EXPORT double onetake_limit(Limiter *l, float *block, int64_t frames) {
    int sound = 1;
    for (int64_t i = 0; i < 2 * frames; i++) sound &= magnitude(block[i]) < l->fault; /* false for NaN */
    if (!sound) return -1.0;
    double *levels = l->levels + l->hold - 1, *released = l->released + l->mean - 1;
    find_peaks(l, block, frames);
    for (int64_t i = 0; i < frames; i++) {
        const double over = (double)l->peaks[1 + i] * l->per_ceiling;
        double level = over > 1.0 ? -OCTAVE * log2(over) : 0.0;
        int64_t whole = (int64_t)level;
        levels[i] = (double)(whole - ((double)whole > level));
    }
    const double *least = sliding_minimum(l, frames);
    for (int64_t i = 0; i < l->hold - 1; i++) l->levels[i] = l->levels[frames + i];
    double before = l->released[l->mean - 2], sum = 0.0;
    for (int64_t i = 0; i < frames; i++) {
        before = least[i] < before + l->slope ? least[i] : before + l->slope;
        released[i] = before;
    }
    for (int64_t i = 0; i < frames; i++) {
        l->delay[2 * (l->latency + i)] = block[2 * i];
        l->delay[2 * (l->latency + i) + 1] = block[2 * i + 1];
    }
    float smallest = 1.0f;
    for (int64_t i = 0; i < l->mean - 1; i++) sum += l->released[i];
    for (int64_t i = 0; i < frames; i++) {
        sum += released[i];
        const float gain = sum == 0.0 ? 1.0f : (float)exp2(sum * (1.0 / ((double)l->mean * OCTAVE)));
        sum -= l->released[i];
        smallest = gain < smallest ? gain : smallest;
        block[2 * i] = l->delay[2 * i] * gain;
        block[2 * i + 1] = l->delay[2 * i + 1] * gain;
    }
    for (int64_t i = 0; i < l->mean - 1; i++) l->released[i] = l->released[frames + i];
    for (int64_t i = 0; i < 2 * l->latency; i++) l->delay[i] = l->delay[2 * frames + i];
    return (double)smallest;
}

/* Raise the peaks (2,) to those of (frames, 2); returns how many samples exceed full scale. */
EXPORT int64_t onetake_peaks(const float *block, int64_t frames, float *peaks) {
    int64_t clipped = 0;
    for (int side = 0; side < 2; side++) {
        float highest = peaks[side];
        for (int64_t i = 0; i < frames; i++) {
            highest = larger(highest, magnitude(block[2 * i + side]));
            clipped += magnitude(block[2 * i + side]) > 1.0f;
        }
        peaks[side] = highest;
    }
    return clipped;
}
