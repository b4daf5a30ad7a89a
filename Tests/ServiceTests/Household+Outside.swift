// The simulator's control plane and pages, by `curl`: a witness that shares nothing with the broker's
// client.

import Foundation
import SimulatedPeople
import TestSupport

extension Household {
  /// The simulator of this household, by `curl`.
  var outside: Outside {
    let (origin, authority) = (origin, authority)
    return Outside { method, address, type, body in
      let target = address.hasPrefix("/") ? origin + address : address
      var arguments = [
        "-sS", "--max-time", "20", "--cacert", authority, "-w",
        "\n%{http_code} %{redirect_url}", "-X", method,
      ]
      if let type { arguments += ["-H", "Content-Type: " + type, "-d", body] }
      return try Outside.Reply(curl: Self.curl(arguments + [target]))
    }
  }

  /// Sends a browser to an address, and nobody waits for what it says.
  func browse(_ address: String) throws {
    _ = try Self.curl(["-sS", "--max-time", "20", "-o", "/dev/null", address])
  }

  private static func curl(_ arguments: [String]) throws -> Data {
    let answer = try FinishedProgram(["curl"] + arguments)
    guard answer.status == 0 else {
      throw Trouble("curl \(arguments.joined(separator: " ")): \(answer.status)")
    }
    return answer.output
  }
}

extension Outside.Reply {
  /// What `curl` wrote: the body, and a line with status and location.
  fileprivate init(curl data: Data) throws {
    let end = data.lastIndex(of: UInt8(ascii: "\n")) ?? data.startIndex
    let words = String(decoding: data[end...], as: UTF8.self).split { $0.isWhitespace }
    guard let status = words.first.flatMap({ Int($0) }) else { throw Trouble("curl said nothing") }
    self.init(
      status: status, location: words.count > 1 ? String(words[1]) : nil, body: Array(data[..<end]))
  }
}
