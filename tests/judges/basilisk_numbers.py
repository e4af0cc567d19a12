"""What Basilisk says of the cases in tests/authorities/test_basilisk.py, printed as JSON.

Basilisk (package bsk, ISC licence) needs an older sgp4 than swath: this runs in an environment of its own, made by
`make test-all` from requirements/apart.txt:  .venv-apart/bin/python tests/judges/basilisk_numbers.py
"""

from __future__ import annotations

import json

import numpy as np
from Basilisk.architecture import messaging
from Basilisk.simulation import (
    GravityGradientEffector,
    eclipse,
    reactionWheelStateEffector,
    simpleBattery,
    simplePowerSink,
    simpleSolarPanel,
    spacecraft,
)
from Basilisk.utilities import RigidBodyKinematics, SimulationBaseClass, macros, simIncludeRW

MU_M3_S2 = 0.3986004415e15
EARTH_RADIUS_M = 6378136.6
AU_M = 149597870700.0


def _world(step_s: float):
    sim = SimulationBaseClass.SimBaseClass()
    process = sim.CreateNewProcess("flight")
    process.addTask(sim.CreateNewTask("step", macros.sec2nano(step_s)))
    return sim


def _body(sim, inertia_kg_m2):
    from Basilisk.utilities import simIncludeGravBody

    body = spacecraft.Spacecraft()
    body.hub.mHub = 100.0
    body.hub.IHubPntBc_B = np.diag(inertia_kg_m2).tolist()
    gravity = simIncludeGravBody.gravBodyFactory()
    earth = gravity.createEarth()
    earth.isCentralBody = True
    gravity.addBodiesTo(body)
    sim.AddModelToTask("step", body)
    return body, gravity


def power() -> dict[str, float]:
    """500 km equatorial, the Sun on +x, 0.5 m2 x 30 % facing it, 60 W load, 80 Wh full at first; two orbits."""
    sim = _world(1.0)
    body, _ = _body(sim, (10.0, 10.0, 10.0))
    a_m = EARTH_RADIUS_M + 500e3
    body.hub.r_CN_NInit = [0.0, -a_m, 0.0]
    body.hub.v_CN_NInit = [float(np.sqrt(MU_M3_S2 / a_m)), 0.0, 0.0]
    body.hub.sigma_BNInit = [[0.0], [0.0], [0.0]]
    sun = messaging.SpicePlanetStateMsgPayload()
    sun.PositionVector = [AU_M, 0.0, 0.0]
    sun.PlanetName = "sun"
    sun_msg = messaging.SpicePlanetStateMsg().write(sun)
    earth = messaging.SpicePlanetStateMsgPayload()
    earth.PositionVector = [0.0, 0.0, 0.0]
    earth.PlanetName = "earth"
    earth_msg = messaging.SpicePlanetStateMsg().write(earth)
    shadow = eclipse.Eclipse()
    shadow.addSpacecraftToModel(body.scStateOutMsg)
    shadow.addPlanetToModel(earth_msg)
    shadow.sunInMsg.subscribeTo(sun_msg)
    sim.AddModelToTask("step", shadow)
    panel = simpleSolarPanel.SimpleSolarPanel()
    panel.stateInMsg.subscribeTo(body.scStateOutMsg)
    panel.sunEclipseInMsg.subscribeTo(shadow.eclipseOutMsgs[0])
    panel.sunInMsg.subscribeTo(sun_msg)
    panel.setPanelParameters([1, 0, 0], 0.5, 0.30)
    sim.AddModelToTask("step", panel)
    sink = simplePowerSink.SimplePowerSink()
    sink.nodePowerOut = -60.0
    sim.AddModelToTask("step", sink)
    battery = simpleBattery.SimpleBattery()
    battery.storageCapacity = 80.0 * 3600.0
    battery.storedCharge_Init = 80.0 * 3600.0
    battery.addPowerNodeToModel(panel.nodePowerOutMsg)
    battery.addPowerNodeToModel(sink.nodePowerOutMsg)
    sim.AddModelToTask("step", battery)
    charge, light = battery.batPowerOutMsg.recorder(), shadow.eclipseOutMsgs[0].recorder()
    for log in (charge, light):
        sim.AddModelToTask("step", log)
    sim.InitializeSimulation()
    sim.ConfigureStopTime(macros.sec2nano(2 * 5677.0))
    sim.ExecuteSimulation()
    share = np.array(getattr(light, "illuminationFactor", getattr(light, "shadowFactor", None)))
    first = share[: len(share) // 2]
    return {
        "umbra_s": float(np.sum(first < 1e-6)),
        "penumbra_s": float(np.sum((first >= 1e-6) & (first < 1 - 1e-6))),
        "lowest_wh": float(np.min(charge.storageLevel) / 3600.0),
        "highest_wh": float(np.max(charge.storageLevel) / 3600.0),
    }


def turn() -> dict[str, object]:
    """A body of 10, 12, 8 kg m2 at rest turns by the torque of a bang-coast-bang profile given to three wheels.

    40 deg about (1, 2, 2) / 3 at 0.1 deg/s2 and at most 1 deg/s: what angle and which momenta come out?
    """
    inertia = np.diag([10.0, 12.0, 8.0])
    axis = np.array([1.0, 2.0, 2.0]) / 3.0
    rate, acceleration = np.radians(1.0), np.radians(0.1)
    step_s = 0.01
    sim = _world(step_s)
    body = spacecraft.Spacecraft()
    body.hub.mHub = 100.0
    wheels = reactionWheelStateEffector.ReactionWheelStateEffector()
    factory = simIncludeRW.rwFactory()
    for k in range(3):
        factory.create("custom", np.eye(3)[k].tolist(), Omega=0.0, Js=1e-4, u_max=10.0, maxMomentum=100.0,
                       RWModel=messaging.BalancedWheels, Jt=1e-6)  # fmt: skip
    factory.addToSpacecraft("wheels", wheels, body)
    body.hub.IHubPntBc_B = inertia.tolist()
    body.hub.sigma_BNInit = [[0.0], [0.0], [0.0]]
    body.hub.omega_BN_BInit = [[0.0], [0.0], [0.0]]
    sim.AddModelToTask("step", wheels)
    sim.AddModelToTask("step", body)
    command = messaging.ArrayMotorTorqueMsgPayload()
    message = messaging.ArrayMotorTorqueMsg().write(command)
    wheels.rwMotorCmdInMsg.subscribeTo(message)
    sim.InitializeSimulation()
    ramp_s, coast_s = rate / acceleration, np.radians(40.0) / rate - rate / acceleration
    peak = None
    at_s = 0.0
    whole_s = 2 * ramp_s + coast_s
    while at_s < whole_s - 1e-9:
        middle = at_s + step_s / 2
        push = 1.0 if middle < ramp_s else (-1.0 if middle > ramp_s + coast_s else 0.0)
        speed = rate if ramp_s <= middle <= ramp_s + coast_s else acceleration * min(middle, whole_s - middle)
        omega = speed * axis
        held = -inertia @ omega  # wheels carry the opposite of the body's momentum
        # I dw/dt + w x (I w + h) = -dh/dt, and I w + h = 0 here
        torque = -(inertia @ (push * acceleration * axis)) - np.cross(omega, inertia @ omega + held)
        command.motorTorque = torque.tolist()
        message.write(command, macros.sec2nano(at_s))
        at_s += step_s
        sim.ConfigureStopTime(macros.sec2nano(at_s))
        sim.ExecuteSimulation()
        if peak is None and at_s >= ramp_s + coast_s / 2:
            state = wheels.rwSpeedOutMsg.read()
            peak = [1e-4 * float(state.wheelSpeeds[k]) for k in range(3)]
    state = body.scStateOutMsg.read()
    dcm = RigidBodyKinematics.MRP2C(np.array(state.sigma_BN))
    angle = float(np.degrees(np.arccos(np.clip((np.trace(dcm) - 1) / 2, -1, 1))))
    left = float(np.degrees(np.linalg.norm(state.omega_BN_B)))
    return {"angle_deg": angle, "rate_left_deg_s": left, "peak_momentum_n_m_s": peak, "seconds": whole_s}


def gravity_gradient() -> dict[str, object]:
    """Torque of the Earth's gravity on a body of 10, 12, 8 kg m2 held still 500 km up, nadir along (1, 2, 2) / 3."""
    sim = _world(0.1)
    body, gravity = _body(sim, (10.0, 12.0, 8.0))
    r_m = (EARTH_RADIUS_M + 500e3) * np.array([1.0, 2.0, 2.0]) / 3.0
    body.hub.r_CN_NInit = r_m.tolist()
    body.hub.v_CN_NInit = [0.0, 0.0, 0.0]
    effector = GravityGradientEffector.GravityGradientEffector()
    effector.ModelTag = "gradient"
    effector.addPlanetName(gravity.gravBodies["earth"].planetName)
    body.addDynamicEffector(effector)
    sim.AddModelToTask("step", effector)
    sim.InitializeSimulation()
    sim.ConfigureStopTime(macros.sec2nano(0.1))
    sim.ExecuteSimulation()
    return {"torque_n_m": np.array(effector.gravityGradientOutMsg.read().gravityGradientTorque_B).ravel().tolist()}


if __name__ == "__main__":
    print(json.dumps({"power": power(), "turn": turn(), "gravity_gradient": gravity_gradient()}))
