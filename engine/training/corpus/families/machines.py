"""Machines and vehicles: engines, motors, rotors, trains, jets."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.corpus.events import hits, regular, room_for
from engine.training.corpus.family import Family
from engine.training.corpus.filters import (
    TAU,
    Curve,
    band_pass,
    bell,
    falling,
    filtered,
    high_pass,
    low_pass,
    shaped,
    slope,
    unit_peak,
    unit_rms,
)
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.resonators import modes

_IDLE, _REVVING, _FASTER = range(3)


def engine(p: Params, k: Kit) -> Tensor:
    """Cylinders that fire one after another, each a little differently."""
    kind, use = p.pick(1, 1, 1, 1, 1), p.pick(3, 2, 1.5)
    rough, bright = p.uniform(0, 1), p.uniform(0, 1)
    base = p.table(kind, (30, 38, 19, 48, 13)) * p.uniform(0.85, 1.25)
    p.say(
        "@ {rough} {K} engine {R}|{K} engine {R}, {rough}|{K} {R}|{bright} {K} engine {R}|{K} motor {R}, {bright}",
        "{A}|{A} {R}|{O}|{K}|{A}, {rough}|@ {rough} motor {R}|{K} engine|at the garage, {K} {R}",
        rough=p.words(rough, "smooth/well tuned", 0.33, "", 0.66, "rough/old/sputtering"),
        K=p.named(kind, "car", "motorcycle/motorbike", "truck/diesel truck", "lawn mower", "tractor/old tractor"),
        A=p.named(
            kind,
            "car in the driveway/sports car/getaway car",
            "biker/harley/chopper bike",
            "lorry/delivery truck/big rig",
            "mowing the lawn/chainsaw like motor/gardener",
            "farm/farmer on his tractor/old diesel",
        ),
        R=p.named(use, "idling/idle", "revving/revving up and down", "accelerating/rising rpm"),
        bright=p.words(bright, "muffled/deep", 0.33, "", 0.66, "loud/aggressive/bright"),
        O=p.named(use, "putt putt/brum brum", "vroom vroom/brrrm brrrm", "vrooooom/rrrrrRRRR"),
    )
    p.tell(kind=kind, use=use, rough=rough, bright=bright, firing=base, rise=(use == _FASTER).float())
    kind, use, rough, bright, base = k.here(kind, use, rough, bright, base)
    x = k.t / k.seconds
    revs = (torch.sin(TAU * (k.uniform(1.5, 4.5) * x - 0.25)) * 0.5 + 0.5) ** 2.0
    moving = torch.where(use == _REVVING, 1 + 3.0 * revs, 1 + 4.2 * x**1.2)
    speed = torch.where(use == _IDLE, 1 + 0.02 * k.wander(2.0), moving)
    place = k.cycles(base * speed)
    phase = (place % 1).float()
    cylinder = (1 + (0.1 + 0.55 * rough) * (k.rand(k.count, 4) * 2 - 1)).gather(1, place.long() % 4)
    level = cylinder * (1 + rough * 0.4 * k.held(place))
    firing = level * torch.exp(-phase * k.table(kind, (5, 8, 6, 9, 10)))
    firing = firing * (1 + 0.5 * k.noise() * (0.3 + 0.7 * rough))
    first, second = k.table(kind, (110, 180, 85, 260, 130)), k.table(kind, (420, 700, 300, 1100, 500))

    def exhaust(q: Tensor) -> Tensor:
        low = 0.9 * low_pass(q, 150 + 250 * bright) + 0.8 * band_pass(q, first, 1.5)
        high = (0.3 + 0.7 * bright) * band_pass(q, second, 1.2) + 0.6 * bright * band_pass(q, 1900.0, 0.8)
        return high_pass(q, 25.0) * (low + high)

    load = ((speed - 1) / 3).clamp(0, 1)
    valves = filtered(k.noise() * (0.3 + torch.exp(-((phase * 2) % 1) * 7)), lambda q: band_pass(q, 2600.0, 0.7))
    y = torch.tanh(unit_rms(filtered(firing, exhaust)) * (0.8 + 0.8 * load))
    return y + (0.01 + 0.03 * bright + 0.06 * (kind == 2)) * unit_rms(valves) * (1 + 2 * load)


_SERVO, _DRILL, _FAN = range(3)


def electric_motor(p: Params, k: Kit) -> Tensor:
    """A servo, a drill or a vacuum cleaner."""
    kind, f, load = p.pick(3, 2, 2), p.log(130, 1100), p.uniform(0, 1)
    length = p.log(0.15, 1.1) * p.seconds
    length = torch.where(kind == _SERVO, length * 0.6, torch.where(kind == _FAN, p.seconds * 1.2, length))
    p.say(
        "@ {long} {pitch} {K}|{K}, {pitch}|{pitch} {K} {long}|{K}|{load} {K}",
        "{A}|{A}|{O}|{pitch} motor whirr|{A}, {load}|machine whirring {long}",
        pitch=p.words(f, "low/low pitched", 260, "", 560, "high pitched/whining"),
        long=p.only(kind != _FAN, p.words(length / p.seconds, "short/quick", 0.25, "", 0.6, "long")),
        load=p.words(load, "smooth/clean", 0.33, "", 0.66, "rough/grinding/noisy"),
        K=p.named(
            kind,
            "servo motor/robot servo/robotic arm movement/small electric motor",
            "electric drill/power drill/cordless drill",
            "vacuum cleaner/fan motor/electric fan",
        ),
        A=p.named(
            kind,
            "robot moving/mech suit/cyborg joint/camera lens motor/printer head",
            "drilling a hole/construction worker/dentist/screwdriver/workshop",
            "cleaning the house/hair dryer/air conditioner/computer fan/hoover",
        ),
        O=p.named(kind, "vzzt/whirr/bzzt vzz", "vrrrrr/brrrr", "vwoooo/hmmmmm"),
    )
    p.tell(kind=kind, hertz=f, load=load, seconds=length.clamp(max=p.seconds))
    kind, f, load, length = k.here(kind, f, load, length)
    up, down = torch.where(kind == _SERVO, 0.06, 0.35), torch.where(kind == _SERVO, 0.05, 0.3)
    after = (k.t - length).clamp(min=0)
    speed = (1 - torch.exp(-k.t / (up * 0.5))) * torch.exp(-after / down)
    speed = torch.where(kind == _FAN, 1.0, speed)
    pitch = (
        f * k.table(kind, (1.0, 0.6, 0.5)) * (0.25 + 0.75 * speed) * (1 + 0.012 * k.wander(9.0) * (1 + 2 * load))
    )
    y = k.silence()
    for harmonic, level in ((1, 1.0), (2, 0.7), (3, 0.6), (4, 0.35), (6, 0.5), (7, 0.3), (11, 0.2)):
        y = y + level * k.uniform(0.2, 1) * k.sine(pitch * harmonic)
    brushes = shaped(k.noise(), lambda q, at: bell(q, at(pitch * 6), 0.9))
    noisy = torch.where(kind == _FAN, 1.1, 0.25 + 0.5 * load)
    y = (unit_rms(y) + noisy * unit_rms(brushes) * (1 + 0.4 * k.sine(pitch * 0.5))) * speed**1.3
    return y * torch.where(kind == _FAN, 1.0, ((length + down * 4 - k.t) / (down * 2)).clamp(0, 1))


def helicopter(p: Params, k: Kit) -> Tensor:
    """Blades that slap, and a turbine."""
    rate, turbine, near = p.log(6.5, 19), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "@ {speed} {N} {turbine}|{N} {near}|{speed} {N}, {near}|{N} {turbine}|{N}",
        "{O}|chopper|police helicopter|war film {N}|rescue helicopter {near}|news helicopter|vietnam movie {N}"
        "|@ {speed} rotor|helicopter flying {near}|air ambulance",
        speed=p.words(rate, "slow/heavy", 9.5, "", 14, "fast/light"),
        turbine=p.words(turbine, "", 0.55, "with turbine whine/with a whining turbine"),
        near=p.words(near, "low and dull/thudding", 0.33, "", 0.66, "up close/overhead"),
        N=p.any("helicopter/helicopter hovering/chopper rotor/helicopter blades"),
        O=p.any("wop wop wop/chop chop chop/thup thup thup"),
    )
    p.tell(rate=rate, turbine=turbine, bright=near)
    rate, turbine, near = k.here(rate, turbine, near)
    phase = k.phase(rate * (1 + 0.01 * k.wander(0.7)))
    slap = torch.exp(-phase * 7) * torch.sin(TAU * 3.2 * phase) + 0.4 * torch.exp(-(phase - 0.1).abs() * 30)
    wash = k.coloured(lambda q: band_pass(q, 260 + 500 * near, 0.5)) * (0.15 + torch.exp(-phase * 6))
    hiss = k.coloured(lambda q: band_pass(q, 1900.0, 0.7)) * (0.4 + torch.exp(-phase * 5)) * 0.4 * near
    whine = k.sine(k.log(700, 2200)) + 0.6 * k.coloured(lambda q: bell(q, 3200.0, 0.3))
    return 1.3 * unit_rms(slap) + unit_rms(wash) + hiss + 0.28 * turbine * (turbine > 0.4) * whine


def drone_rotor(p: Params, k: Kit) -> Tensor:
    """Four propellers that hold the air."""
    f, restless, bright = p.log(110, 420), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "@ {pitch} {N} {moving}|{N} {moving}|{bright} {N}|{N}, {pitch}|{bright} {pitch} {N}",
        "{O}|@ {pitch} toy drone|spy drone|fpv drone {moving}|delivery drone|drone filming overhead"
        "|rc plane {moving}"
        "|@ {bright} propeller buzz|surveillance drone {moving}",
        pitch=p.words(f, "low/large", 170, "", 280, "small/high pitched/whining"),
        moving=p.words(restless, "hovering/steady", 0.33, "", 0.66, "maneuvering/changing speed/flying around"),
        bright=p.words(bright, "muffled/dull", 0.33, "", 0.66, "bright/buzzing"),
        N=p.any("quadcopter/drone/quadcopter drone/propeller drone"),
        O=p.any("vzzzzzz/bzzzzzz/wzzzzz"),
    )
    p.tell(hertz=f, restless=restless, bright=bright)
    f, restless, bright = k.here(f, restless, bright)
    y = k.silence()
    for _ in range(4):
        pitch = f * k.uniform(0.95, 1.06) * (1 + (0.01 + 0.14 * restless) * k.wander(1.5))
        y = y + k.saw(pitch) + 0.5 * k.sine(pitch * 2)
    y = filtered(
        y,
        lambda q: (
            low_pass(q, 700 + 6000 * bright) * high_pass(q, 120.0) + 0.6 * bright * band_pass(q, 3200.0, 1.0)
        ),
    )
    return unit_rms(y) + (0.1 + 0.3 * bright) * k.coloured(lambda q: bell(q, 2600.0, 1.0))


_RACER = 3


def car_pass(p: Params, k: Kit) -> Tensor:
    """An engine and tyres that come, pass and go, with the Doppler shift of their speed."""
    kind, speed, near, wet = p.pick(1, 1, 1, 1), p.log(9, 75), p.log(3, 14), p.chance(0.2)
    speed = torch.where(kind == _RACER, speed.clamp(min=40), speed)
    p.say(
        "@ {speed} {K} {N} {wet}|{K} {N} {speed}|{K} {N}, {near}|{speed} {K} {N}, {near}|{K} doppler {N} {wet}",
        "{O}|{A}|{A} {wet}|standing by the road, {K} {N}|{K} going by {speed}|traffic, one {K}|vehicle {N} {wet}",
        speed=p.words(speed, "slow/slowly", 18, "", 38, "fast/speeding/at high speed"),
        K=p.named(kind, "car", "truck/heavy truck", "motorcycle/motorbike", "race car/formula car"),
        A=p.named(
            kind,
            "country road/car on the street",
            "highway, truck",
            "biker on the road",
            "formula one/race track/nascar",
        ),
        N=p.any("passing by/pass-by/driving past/drive by"),
        near=p.words(near, "close/very near", 5, "", 9, "at a distance"),
        wet=p.when(wet, "on a wet road/in the rain"),
        O=p.words(speed, "vrrrm/vroom past", 38, "nyeeeoooow/vrooooom/neeeeoww"),
    )
    p.tell(kind=kind, speed=speed, distance=near, wet=wet, rise=torch.full_like(speed, -1.0))
    kind, speed, near, wet = k.here(kind, speed, near, wet)
    along = speed * (k.t - k.uniform(0.3, 0.55) * k.seconds)
    distance = (near**2 + along**2).sqrt()
    doppler, level = 1 / (1 + speed * along / distance / 340), (near / distance) ** 1.25
    f = k.table(kind, (75, 48, 115, 210)) * k.uniform(0.85, 1.2) * (0.7 + 0.3 * (speed / 30).clamp(max=1.6))
    motor = k.saw(f * doppler) + 0.7 * k.saw(f * 0.5 * doppler) + 0.25 * k.saw(f * 1.51 * doppler)
    motor = shaped(motor, lambda q, at: falling(q, at(700 + 2600 * level), 2.0))
    water = (0.3 + 1.2 * wet)[..., None]

    def road(q: Tensor, at: Curve) -> Tensor:
        return bell(q, at(650 * doppler * (1 + 0.8 * level)), 0.9) + water * bell(q, 4500.0, 0.8) * at(level)

    tyres = unit_rms(shaped(k.noise(), road))
    return (unit_rms(motor) * k.table(kind, (0.45, 0.9, 1.2, 1.7)) + tyres) * level


def train(p: Params, k: Kit) -> Tensor:
    """Wheels over the joints of rails, or a steam engine."""
    kind, rate, near = p.chance(0.5), p.log(0.8, 4.0), p.uniform(0, 1)
    p.say(
        "@ {speed} {N}|{N}, {speed}|{near} {N} {speed}|{N}|{speed} {N}, {near}",
        "{O}|{A}|{A}, {speed}|railway|train journey|{near} {N}",
        N=p.when(
            kind,
            "steam train chugging/steam locomotive/old steam engine train",
            "train on tracks/train wheels clacking on rails/railway train passing/train ride",
        ),
        A=p.when(
            kind,
            "wild west train/old locomotive/museum railway/hogwarts express",
            "riding the train/night train/freight train/subway ride/sleeping car",
        ),
        speed=p.words(rate, "slow", 1.3, "", 2.5, "fast"),
        near=p.words(near, "dull/rumbling", 0.33, "", 0.66, "close/hissing"),
        O=p.when(kind, "choo choo/chugga chugga", "clickety clack/da-dum da-dum"),
    )
    p.tell(steam=kind, rate=rate, bright=near)
    kind, rate, near = k.here(kind, rate, near)
    times, there = regular(k, rate, 0.01, room_for(k, 4.0))
    joint = unit_peak(modes(k, k.log(110, 900, 7), k.uniform(0.02, 0.09, 7), k.uniform(0.3, 1, 7), 0.5))
    joint = joint + 0.5 * k.burst(0.015, lambda q: band_pass(q, 1100.0, 0.5), joint.shape[1])
    both = torch.cat([times, times + 0.22 / rate], 1)
    clack = hits(k, both, torch.cat([there, 0.8 * there], 1), [joint])
    phase = k.phase(rate * 2)
    chug = (
        k.coloured(lambda q: band_pass(q, 500 + 500 * near, 0.5))
        * torch.exp(-phase * 4.5)
        * (phase * 30).clamp(max=1)
    )
    rumble = k.coloured(lambda q: low_pass(q, 260.0) * high_pass(q, 30.0))
    y = torch.where(kind > 0, 0.3 * chug + 0.05 * rumble, unit_peak(clack) + 0.09 * rumble)
    return y + 0.03 * near * k.coloured(lambda q: high_pass(q, 1500.0) * slope(q, 0.6))


def jet(p: Params, k: Kit) -> Tensor:
    """Broad noise and whistling compressors of a plane: passing over, or from the cabin."""
    cabin, f, speed = p.chance(0.4), p.log(900, 3800), p.log(0.6, 3.0)
    p.say(
        "@ {N} {pitch}|{speed} {N}|{N}|{pitch} {N}|{speed} {N}, {pitch}",
        "{O}|{A}|{A}|airplane|{A}, {pitch}|plane",
        N=p.when(
            cabin, "airplane cabin/plane interior/jet cabin ambience", "jet flyby/plane passing over/jet fly over"
        ),
        A=p.when(
            cabin,
            "sitting in a plane/on a long flight/passenger cabin",
            "airport runway/fighter jet overhead/top gun/air show/airliner overhead",
        ),
        pitch=p.words(f, "low whine/with a low whine", 1500, "", 2500, "high whine/with a high whine"),
        speed=p.only(cabin == 0, p.words(speed, "fast", 1.1, "", 1.9, "slow")),
        O=p.when(cabin, "shhhhhhh/whoosh drone", "fwoooosh/neeeeooowwww/vrrroooom"),
    )
    p.tell(cabin=cabin, hertz=f, passing=speed, rise=torch.where(cabin > 0, 0.0, -1.0))
    cabin, f, speed = k.here(cabin, f, speed)
    along = (k.t - k.uniform(0.35, 0.5) * k.seconds) / speed
    level = torch.where(cabin > 0, 1.0, 1 / (1 + along**2) ** 1.2)
    shift = torch.where(cabin > 0, 1.0, 1 - 0.3 * torch.tanh(along * 1.5))
    cut = torch.where(cabin > 0, 700.0, 500 + 3500 * level) * shift
    roar = unit_rms(shaped(k.noise(), lambda q, at: falling(q, at(cut), 2.0) * (q > 40)))
    whine = k.sine(f * shift) + 0.5 * k.sine(f * 1.41 * shift) + 0.3 * k.sine(f * 2.03 * shift)
    return (roar + torch.where(cabin > 0, 0.15, 0.4) * whine * (1 + 0.3 * k.wander(8.0))) * level


def machine_loop(p: Params, k: Kit) -> Tensor:
    """A factory machine: a cycle of clunks, hisses and a motor."""
    rate, size, hiss = p.log(0.6, 4.5), p.uniform(0, 1), p.uniform(0, 1)
    p.say(
        "@ {speed} {size} {N}|{size} {N} {hiss}|{N}, {speed}|{speed} {N} {hiss}|{N}",
        "{O}|factory floor|assembly line {speed}|conveyor belt|printing press {speed}|industrial revolution"
        "|steampunk machine {hiss}|{size} machine at work|washing machine|robot factory|stamping press {speed}",
        speed=p.words(rate, "slow", 1.2, "", 2.4, "fast/hectic"),
        size=p.words(size, "small/light", 0.33, "", 0.66, "huge/heavy/big"),
        hiss=p.words(hiss, "", 0.6, "with hissing steam/with pneumatic hiss"),
        N=p.any("factory machine/industrial machine/machine loop/machinery/mechanical press"),
        O=p.any("chunka chunka/clank hiss clank/ka-chunk ka-chunk"),
    )
    p.tell(rate=rate, size=size, hiss=hiss)
    rate, size, hiss = k.here(rate, size, hiss)
    times, there = regular(k, rate, 0.01, room_for(k, 4.5))
    clunks = []
    for scale in (1.0, 1.7):
        f = (1200 - 1040 * size) * scale * k.log(0.6, 3.0, 6)
        clunks.append(unit_peak(modes(k, f, k.uniform(0.02, 0.12, 6), k.uniform(0.3, 1, 6), 0.6)))
    second = times + k.uniform(0.3, 0.6) / rate
    y = hits(k, times, there, clunks[:1]) + 0.6 * hits(k, second, there, clunks[1:])
    phase = k.phase(rate)
    puff = k.coloured(lambda q: bell(q, 4500.0, 0.8)) * torch.exp(-(((phase - 0.7) / 0.1) ** 2))
    motor = k.coloured(lambda q: bell(q, 240 - 150 * size, 0.25)) * (1 + 0.3 * k.sine(rate))
    return unit_peak(y) + 0.12 * (hiss > 0.6) * puff + 0.07 * motor


FAMILIES = (
    Family("engine", engine, "loop", "machines", 1.6, "vehicles engine"),
    Family("electric motor", electric_motor, "seq", "machines", 1.2, "motors"),
    Family("helicopter", helicopter, "loop", "machines", 1.0, "aircraft helicopter"),
    Family("drone rotor", drone_rotor, "loop", "machines", 1.0, "aircraft drone"),
    Family("car pass", car_pass, "shot", "machines", 1.3, "vehicles pass"),
    Family("train", train, "loop", "machines", 1.0, "trains"),
    Family("jet", jet, "loop", "machines", 0.9, "aircraft jet"),
    Family("machine", machine_loop, "loop", "machines", 1.0, "machines industrial"),
)
