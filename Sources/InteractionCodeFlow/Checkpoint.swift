// What of a run survives the process: enough to ask the engine where it stands. The prompt is not in
// it, since the engine gives it again, and nothing that a person typed is.

public import IdentityEngine

/// What a run is resumed from.
public struct Checkpoint: Sendable, Equatable {
  /// What `/interact` gave: the engine is asked by it where the run stands.
  public var handle: InteractionHandle
  /// The newest, for an engine that has forgotten the interaction and not the authentication.
  public var stateHandle: StateHandle?
  /// Names of what was done without asking, so that it is not done again.
  public var stepsTaken: [String]

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    handle: InteractionHandle, stateHandle: StateHandle? = nil, stepsTaken: [String] = []
  ) {
    self.handle = handle
    self.stateHandle = stateHandle
    self.stepsTaken = stepsTaken
  }
}

extension Transaction {
  /// Says to keep what has changed since it was last kept; one write a run as a rule, since the
  /// state handle changes only when the engine begins anew.
  mutating func keep(_ handle: InteractionHandle, _ response: IDXResponse? = nil) -> [Effect] {
    let checkpoint = Checkpoint(
      handle: handle, stateHandle: response?.stateHandle ?? kept?.stateHandle,
      stepsTaken: stepsTaken.map(\.rawValue).sorted())
    guard checkpoint != kept else { return [] }
    kept = checkpoint
    return [.keep(checkpoint)]
  }

  mutating func resume(from checkpoint: Checkpoint) -> [Effect] {
    kept = checkpoint
    stepsTaken = Set(checkpoint.stepsTaken.compactMap { AutomaticStep(rawValue: $0) })
    return resume(Resumption(handle: checkpoint.handle), after: 0)
  }

  /// - Parameter failures: how often the engine could not be asked.
  mutating func resume(_ resumption: Resumption, after failures: Int) -> [Effect] {
    let ticket = nextTicket()
    state = .resuming(resumption, ticket, failures: failures)
    let question: IDXRequest =
      if let stateHandle = resumption.stateHandle {
        .introspect(stateHandle, origin: origin)
      } else {
        .introspect(resumption.handle, origin: origin)
      }
    return [.send(question, ticket)]
  }

  /// A machine that has just come up may have no network yet: nothing is lost by asking again.
  mutating func resumptionFailed(
    _ resumption: Resumption, _ fault: Fault, _ failures: Int
  ) -> [Effect] {
    switch fault {
    case .invalidated: return resumeByStateHandle(resumption)
    case .refused, .misdirected: return finish(.failed(fault))
    case .rateLimited, .unavailable:
      state = .resuming(resumption, nil, failures: failures + 1)
      return [.wake(after: Self.pause(fault, failures: failures + 1))]
    }
  }

  /// The interaction is forgotten: the authentication itself is asked about before that counts.
  mutating func resumeByStateHandle(_ resumption: Resumption) -> [Effect] {
    guard resumption.stateHandle == nil, let stateHandle = kept?.stateHandle else {
      return finish(.expired)
    }
    var next = resumption
    next.stateHandle = stateHandle
    return resume(next, after: 0)
  }
}
