// A token from the broker's memory to standard output, and nothing besides. Scripts call this in
// loops, so the whole process is what counts: no option parser, no libsodium, no value of the
// answer; one connect, one write, one read, one write.

public import BrokerInterface
internal import Glibc
public import JSONRPC

/// `remedy token PROFILE`, where nobody need be asked.
public enum TokenFastPath {
  /// How it went.
  public enum Outcome: Sendable, Equatable {
    /// The token and a line end are written.
    case written
    /// The broker says no. Nothing is written.
    case refused(RPCError)
    /// There is no answer. Nothing is written.
    case failed(ConnectionFault)
    /// The descriptor does not take the token, or not all of it.
    case notWritten(errno: CInt)
  }

  /// Asks for a token and writes it, with a line end, to the descriptor.
  ///
  /// - Parameters:
  ///   - params: with `interaction: .never`, so that it answers at once where a person is needed.
  ///   - path: the broker's socket.
  ///   - descriptor: where the token goes; standard output by default.
  ///   - deadline: by default ten seconds after the call's own timeout.
  public static func writeToken(
    _ params: TokenGet.Params, path: String, to descriptor: CInt = 1, deadline: Deadline? = nil
  ) -> Outcome {
    do throws(ConnectionFault) {
      let deadline = deadline ?? .after(seconds: params.timeout + 10)
      let connection = try Connection(path: path, deadline: min(deadline, .after(seconds: 10)))
      var fault: ConnectionFault?
      do throws(ConnectionFault) {
        try connection.send(Incoming.call(TokenGet.self, params, number: 1), until: deadline)
      } catch {
        // The broker may have said why before it hung up.
        guard error == .closed else { throw error }
        fault = error
      }
      while try connection.waitForLine(until: fault == nil ? deadline : .now) {
        let outcome = try connection.buffer.takeLine { (line) throws(ConnectionFault) in
          try handle(line, descriptor: descriptor)
        }
        if let outcome = outcome ?? nil { return outcome }
      }
      throw fault ?? .timedOut
    } catch {
      return .failed(error)
    }
  }

  /// - Returns: `nil` for a line that is not the answer.
  private static func handle(
    _ line: Span<UInt8>, descriptor: CInt
  ) throws(ConnectionFault) -> Outcome? {
    switch try Incoming(line) {
    case .notification: return nil
    case .failure(_, let error): return .refused(error)
    case .result(_, let place):
      do {
        return try write(line.extracting(place), to: descriptor)
      } catch {
        throw .nonsense("the result of \(TokenGet.name): \(error)")
      }
    }
  }

  private static func write(
    _ result: Span<UInt8>, to descriptor: CInt
  ) throws(WireFault) -> Outcome {
    var scanner = try MemberScanner(result)
    while let member = try scanner.next() {
      guard JSONPlace.holds("access_token", at: member.name, in: result) else { continue }
      // The token is no longer unescaped than it is as JSON, whose second quote is the LF's room.
      let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: member.value.count, alignment: 1)
      defer {
        if let base = room.baseAddress { unsafe explicit_bzero(base, room.count) }
        unsafe room.deallocate()
      }
      var count = 0
      var token = try StringBytes(at: member.value, in: result)
      while let byte = try token.next(in: result) {
        // VSCHAR, of which tokens are made (RFC 6749 A.12); it may be a terminal that we write to.
        guard (0x20...0x7E).contains(byte) else { throw .malformed(member: "access_token") }
        unsafe room[count] = byte
        count += 1
      }
      unsafe room[count] = UInt8(ascii: "\n")
      return unsafe writeAll(UnsafeRawBufferPointer(rebasing: room[...count]), to: descriptor)
    }
    throw .malformed(member: "access_token")
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Outcome {
    var written = 0
    while written < bytes.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&entry, 1, -1)
      } else if errno != EINTR {
        return .notWritten(errno: errno)
      }
    }
    return .written
  }
}
