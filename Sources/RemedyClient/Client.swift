// The blocking client: one thread, any number of calls under way. A call is started, what comes is
// received one message at a time, and an answer waits, in guarded memory, until it is asked for; so
// a command can wait for its terminal and for the broker in one loop; a plain caller has `call`.

public import BrokerInterface
internal import Glibc
internal import JSONRPC
internal import Secrets

/// One call under way.
public struct PendingCall<M: Method>: Sendable, Hashable {
  /// The call's id on the wire, unique in its connection.
  public let number: Int
}

/// One thing that came from the broker.
public enum Arrival: Sendable, Equatable {
  /// The answer to the call of that number is there.
  case reply(number: Int)
  case notification(BrokerNotification)
}

/// What ended a wait.
public enum Wake: Sendable, Equatable {
  /// Something came from the broker, or it hung up: `receive` tells which.
  case broker
  /// That descriptor can be read.
  case other(CInt)
  case deadline
  /// A signal was handled.
  case interrupted
}

/// A connection to the broker. One thread at a time uses it.
public final class Client {
  /// The broker hears a call's end from its own clock; so much later we stop believing in it.
  private static let patience = 10.0

  private enum Reply {
    /// The JSON text of the result.
    case result(Secret)
    case failure(RPCError)
  }

  /// The socket that it connects to.
  public let path: String
  private var connection: Connection?
  private var lastNumber = 0
  private var underWay: Set<Int> = []
  private var replies: [Int: Reply] = [:]

  /// Connects, and checks who serves the socket before anything is sent: root or the service's
  /// account for the system path; root or our own uid for any other.
  ///
  /// - Throws: `ConnectionFault`.
  public init(
    path: String, deadline: Deadline = .after(seconds: 10)
  ) throws(ConnectionFault) {
    self.path = path
    connection = try Connection(path: path, deadline: deadline)
  }

  /// To be polled together with others; -1 after `close`. A message may lie in the buffer while the
  /// descriptor is quiet: call `receive(until: .now)` until it gives `nil` before polling, or use
  /// `wait(for:until:)`.
  public var descriptor: CInt { connection?.descriptor ?? -1 }

  /// Hangs up. What is under way at the broker goes on there.
  public func close() {
    connection = nil
  }

  // MARK: A whole call

  /// Sends the call, waits for its answer and reads it.
  ///
  /// - Parameters:
  ///   - deadline: when to stop believing in an answer; by default ten seconds after the call's own
  ///     timeout.
  ///   - onNotification: is given what the broker says meanwhile.
  /// - Throws: `CallFault`.
  public func call<M: Method>(
    _ method: M.Type, _ params: M.Params, deadline: Deadline? = nil,
    onNotification: (BrokerNotification) -> Void = { _ in }
  ) throws(CallFault) -> M.Result {
    let deadline = deadline ?? .after(seconds: params.timeout + Self.patience)
    let call: PendingCall<M>
    do throws(ConnectionFault) {
      call = try start(method, params, deadline: deadline)
      while replies[call.number] == nil {
        switch try receive(until: deadline) {
        case .reply: continue
        case .notification(let notification): onNotification(notification)
        case nil:
          forget(call)
          throw ConnectionFault.timedOut
        }
      }
    } catch {
      throw .connection(error)
    }
    guard let result = try result(of: call) else { throw .connection(.closed) }
    return result
  }

  // MARK: A call in pieces

  /// Sends a call.
  ///
  /// - Parameter deadline: until when the broker must have taken it; by default in ten seconds.
  /// - Throws: `ConnectionFault`. Where the broker says why before it hangs up, that is the call's
  ///   answer, and nothing is thrown.
  public func start<M: Method>(
    _ method: M.Type, _ params: M.Params, deadline: Deadline? = nil
  ) throws(ConnectionFault) -> PendingCall<M> {
    guard let connection else { throw .closed }
    lastNumber += 1
    let call = PendingCall<M>(number: lastNumber)
    underWay.insert(call.number)
    do {
      try connection.send(
        Incoming.call(method, params, number: call.number),
        until: deadline ?? .after(seconds: Self.patience))
    } catch {
      if error == .closed { while (try? receive(until: .now)) != nil {} }
      guard replies[call.number] != nil else {
        forget(call)
        throw error
      }
    }
    return call
  }

  /// Waits until something has come from the broker, or one of the others can be read.
  ///
  /// - Throws: `ConnectionFault.closed` after `close`, `inputOutput`.
  public func wait(
    for others: [CInt] = [], until deadline: Deadline
  ) throws(ConnectionFault) -> Wake {
    guard let connection else { throw .closed }
    if connection.buffer.hasLine { return .broker }
    var entries = ([connection.descriptor] + others).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    while true {
      let count = unsafe poll(&entries, nfds_t(entries.count), deadline.pollMilliseconds)
      if count > 0, let ready = entries.first(where: { $0.revents != 0 }) {
        return ready.fd == connection.descriptor ? .broker : .other(ready.fd)
      } else if count < 0 {
        guard errno == EINTR else { throw .inputOutput(errno: errno) }
        return .interrupted
      } else if deadline.hasPassed {
        return .deadline
      }
    }
  }

  /// The next thing that comes; `nil` where the deadline passes first. With `.now` it never waits.
  ///
  /// - Throws: `ConnectionFault`: `closed` where the broker has hung up, `nonsense`, `inputOutput`.
  public func receive(until deadline: Deadline) throws(ConnectionFault) -> Arrival? {
    guard let connection else { throw .closed }
    while try connection.waitForLine(until: deadline) {
      let arrival = try connection.buffer.takeLine { (line) throws(ConnectionFault) in
        try accept(line)
      }
      if let arrival = arrival ?? nil { return arrival }
    }
    return nil
  }

  /// The answer to a call, given once; `nil` while there is none.
  ///
  /// - Throws: `CallFault.refused` with the broker's reason, or `.connection(.nonsense)`.
  public func result<M: Method>(of call: PendingCall<M>) throws(CallFault) -> M.Result? {
    switch replies.removeValue(forKey: call.number) {
    case nil: return nil
    case .failure(let error): throw .refused(error)
    case .result(let text):
      return try text.withBytes { (bytes) throws(CallFault) in
        do {
          return try M.Result(bytes: bytes)
        } catch {
          throw .connection(.nonsense("the result of \(M.name): \(error)"))
        }
      }
    }
  }

  /// Takes no more interest in a call: its answer will be dropped.
  public func forget<M: Method>(_ call: PendingCall<M>) {
    underWay.remove(call.number)
    replies[call.number] = nil
  }

  /// Files a message; `nil` for what nobody waits for.
  private func accept(_ line: Span<UInt8>) throws(ConnectionFault) -> Arrival? {
    switch try Incoming(line) {
    case .notification(.unknown):
      return nil
    case .notification(let notification):
      return .notification(notification)
    case .result(let number, let place):
      guard underWay.remove(number) != nil else { return nil }
      replies[number] = .result(
        Secret(count: place.count) { span in
          for index in span.indices { span[index] = line[place.lowerBound + index] }
        })
      return .reply(number: number)
    case .failure(let number, let error):
      // Without a number it is the connection that is refused, or a line that was not understood:
      // the answer to whatever was sent first.
      guard let number = number ?? underWay.min(), underWay.remove(number) != nil else {
        return nil
      }
      replies[number] = .failure(error)
      return .reply(number: number)
    }
  }
}
