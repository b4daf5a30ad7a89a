// What an issuer, or whoever speaks for it, may do in place of an answer: one row each. Every row is
// tried at every call of a sign-in.

import Foundation
import JSON
import TestSupport

/// One way to misbehave.
struct Misbehaviour: Sendable {
  var name: String
  /// Whether it keeps whoever asks waiting, so that nothing but the call's own time can end it.
  var isSilent = false
  /// Whether it is about what the body says, so that it cannot be told from a refusal in words.
  var steps: @Sendable (JSONValue) -> [RawStep]

  init(
    _ name: String, isSilent: Bool = false, _ steps: @escaping @Sendable (JSONValue) -> [RawStep]
  ) {
    self.name = name
    self.isSilent = isSilent
    self.steps = steps
  }

  /// A whole answer with another body.
  private static func body(
    _ name: String, status: Int = 200, _ headers: [String] = [],
    _ bytes: @escaping @Sendable () -> [UInt8]
  ) -> Misbehaviour {
    Misbehaviour(name) { _ in
      let bytes = bytes()
      return [.text(HTTPText.head(status, length: bytes.count, headers)), .send(bytes), .close]
    }
  }

  private static func body(_ name: String, _ text: String) -> Misbehaviour {
    body(name) { Array(text.utf8) }
  }

  /// An honest body behind another head.
  private static func head(
    _ name: String, isSilent: Bool = false, _ head: @escaping @Sendable (Int) -> String
  ) -> Misbehaviour {
    Misbehaviour(name, isSilent: isSilent) { honest in
      let bytes = JSONWriter.bytes(honest)
      return [.text(head(bytes.count)), .send(bytes), .close]
    }
  }

  /// - Parameter elsewhere: an address off the issuer's origin, where requests are counted.
  static func table(elsewhere: String) -> [Misbehaviour] {
    connections + heads + bodies + statuses(elsewhere)
  }

  // MARK: The connection

  private static let connections: [Misbehaviour] = [
    Misbehaviour("hangs up without a word") { _ in [.close] },
    Misbehaviour("resets without a word") { _ in [.reset] },
    Misbehaviour("hangs up in the status line") { _ in [.text("HTTP/1.1 20"), .close] },
    Misbehaviour("hangs up in a header") { _ in [.text("HTTP/1.1 200 OK\r\nContent-Ty"), .close] },
    Misbehaviour("hangs up after the head") { _ in [.text(HTTPText.head(200, length: 500)), .close]
    },
    Misbehaviour("hangs up in the body") { honest in
      let bytes = JSONWriter.bytes(honest)
      return [
        .text(HTTPText.head(200, length: bytes.count)), .send(Array(bytes.prefix(bytes.count / 2))),
        .close,
      ]
    },
    Misbehaviour("resets in the body") { honest in
      let bytes = JSONWriter.bytes(honest)
      return [
        .text(HTTPText.head(200, length: bytes.count)), .send(Array(bytes.dropLast())), .reset,
      ]
    },
    Misbehaviour("never answers", isSilent: true) { _ in [.silence] },
    Misbehaviour("stops after the head", isSilent: true) { _ in
      [.text(HTTPText.head(200, length: 500)), .silence]
    },
    Misbehaviour("stops in the head", isSilent: true) { _ in
      [.text("HTTP/1.1 200 OK\r\n"), .silence]
    },
    Misbehaviour("stops one byte before the end", isSilent: true) { honest in
      let bytes = JSONWriter.bytes(honest)
      return [
        .text(HTTPText.head(200, length: bytes.count)), .send(Array(bytes.dropLast())), .silence,
      ]
    },
    Misbehaviour("sends one byte after the other", isSilent: true) { honest in
      let bytes = JSONWriter.bytes(honest)
      return [.drip(Array(HTTPText.head(200, length: bytes.count).utf8) + bytes)]
    },
  ]

  // MARK: The head

  private static let heads: [Misbehaviour] = [
    Misbehaviour("speaks another protocol") { _ in [.text("SSH-2.0-OpenSSH_9.2\r\n"), .close] },
    Misbehaviour("speaks TLS") { _ in [.send([21, 3, 3, 0, 2, 2, 40]), .close] },
    Misbehaviour("has no head at all") { honest in [.send(JSONWriter.bytes(honest)), .close] },
    Misbehaviour("sends bytes of chance") { _ in
      [.send((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ 89) }), .close]
    },
    head("names a version that is none") { "HTTP/9.1 200 OK\r\nContent-Length: \($0)\r\n\r\n" },
    head("has a status of letters") { "HTTP/1.1 two OK\r\nContent-Length: \($0)\r\n\r\n" },
    head("has a status of 99999") { "HTTP/1.1 99999 OK\r\nContent-Length: \($0)\r\n\r\n" },
    head("has a negative length") { _ in "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" },
    head("has a length beyond 64 bits") { _ in
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"
    },
    head("has a length of letters") { _ in "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" },
    head("has two lengths") {
      "HTTP/1.1 200 OK\r\nContent-Length: \($0)\r\nContent-Length: 3\r\n\r\n"
    },
    head("has a length that is too short") {
      "HTTP/1.1 200 OK\r\nContent-Length: \($0 / 2)\r\n\r\n"
    },
    head("has a chunk of no size") { _ in
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
    },
    head("has a chunk beyond 64 bits") { _ in
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"
    },
    head("ends in a chunk") { _ in
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"
    },
    head("has a header without a colon") {
      "HTTP/1.1 200 OK\r\nContent-Length: \($0)\r\nnothing\r\n\r\n"
    },
    head("has a NUL in a header") {
      "HTTP/1.1 200 OK\r\nX-Nul: a\u{0}b\r\nContent-Length: \($0)\r\n\r\n"
    },
    head("has a name with a space") {
      "HTTP/1.1 200 OK\r\nX Space: a\r\nContent-Length: \($0)\r\n\r\n"
    },
    Misbehaviour("floods with headers") { _ in
      [.text("HTTP/1.1 200 OK\r\n"), .flood(Array("X-Flood: water\r\n".utf8), times: 2_000_000)]
    },
    Misbehaviour("has a header of a hundred megabytes") { _ in
      [
        .text("HTTP/1.1 200 OK\r\nX-Long: "),
        .flood([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16), times: 1600),
      ]
    },
    Misbehaviour("has a status line of a hundred megabytes") { _ in
      [
        .text("HTTP/1.1 200 "),
        .flood([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16), times: 1600),
      ]
    },
    Misbehaviour("switches protocols") { _ in
      [
        .text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        .close,
      ]
    },
    Misbehaviour("asks to continue, again and again, and hangs up") { _ in
      [.flood(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), times: 1000), .close]
    },
  ]

  // MARK: The body

  private static let bodies: [Misbehaviour] = [
    Misbehaviour("has a body of a hundred megabytes") { _ in
      [
        .text(HTTPText.head(200, length: 100 << 20)),
        .flood([UInt8](repeating: UInt8(ascii: " "), count: 1 << 16), times: 1600),
      ]
    },
    Misbehaviour("has a body without an end") { _ in
      [
        .text(HTTPText.head(200, length: nil, ["Transfer-Encoding: chunked"])),
        .flood(
          Array("1000\r\n".utf8) + [UInt8](repeating: 32, count: 4096) + [13, 10], times: 25_600),
      ]
    },
    Misbehaviour("has a string of a hundred megabytes") { _ in
      [
        .text(HTTPText.head(200, length: nil, ["Connection: close"])), .text(#"{"version": ""#),
        .flood([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16), times: 1600),
      ]
    },
    Misbehaviour("packs a hundred megabytes into a hundred kilobytes") { _ in
      [
        .text(HTTPText.head(200, length: gzipBomb.count, ["Content-Encoding: gzip"])),
        .send(gzipBomb), .close,
      ]
    },
    body("has nothing to say") { [] },
    body("says nothing but blanks", "   \r\n\t  "),
    body("says null", "null"), body("says true", "true"), body("says a number", "42"),
    body("says a string", #""fine""#), body("says an array", "[]"),
    body("says an empty object", "{}"),
    body("says an array of arrays", "[[[]]]"),
    body("says a page", "<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>"),
    body("says what is no UTF-8") { [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D] },
    body("says UTF-16") { Array("{}".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } },
    body("nests arrays a hundred thousand deep") {
      [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    },
    body("nests objects a hundred thousand deep") {
      Array(String(repeating: #"{"a":"#, count: 100_000).utf8)
    },
    body("breaks off in a string", #"{"version": "1.0.0", "interaction_handle": "abc"#),
    body("has a comma too many", #"{"version": "1.0.0",}"#),
    body("says two things", #"{"version": "9.9.9"} {"version": "9.9.9"}"#),
    body("has a number beyond all", #"{"version": 1e999999, "expires_in": -1e999999}"#),
    body("has every member null") { Array(members("null").utf8) },
    body("has every member a number") { Array(members("7").utf8) },
    body("has every member empty") { Array(members(#""""#).utf8) },
    body("has every member an array") { Array(members("[7, null, {}]").utf8) },
    body("has every member an object") { Array(members(#"{"value": {"value": 3}}"#).utf8) },
    body("speaks a version to come", #"{"version": "2.0.0", "stateHandle": "02.x"}"#),
    body("has a hundred thousand members") {
      Array(("{" + (0..<100_000).map { #""m\#($0)":0"# }.joined(separator: ",") + "}").utf8)
    },
    body(
      "says an error in a good answer", #"{"error": "server_error", "error_description": "no"}"#),
  ]

  /// All that any answer is read for, each with this value.
  private static func members(_ value: String) -> String {
    let names = [
      "version", "stateHandle", "expiresAt", "remediation", "messages", "interaction_handle",
      "successWithInteractionCode", "issuer", "token_endpoint", "jwks_uri", "keys", "access_token",
      "token_type", "expires_in", "id_token", "refresh_token", "scope", "error",
    ]
    return "{" + names.map { "\"\($0)\": \(value)" }.joined(separator: ", ") + "}"
  }

  private static let gzipBomb: [UInt8] = {
    let zip = try? FinishedProgram(["sh", "-c", "head -c 104857600 /dev/zero | gzip -9"])
    return [UInt8](zip?.output ?? Data())
  }()

  // MARK: The status

  private static func statuses(_ elsewhere: String) -> [Misbehaviour] {
    let redirects = [301, 302, 303, 307, 308].map { status in
      Misbehaviour("answers \(status) to another place") { honest in
        let bytes = JSONWriter.bytes(honest)
        return [
          .text(
            HTTPText.head(status, length: bytes.count, ["Location: \(elsewhere)/\(status)"])),
          .send(bytes), .close,
        ]
      }
    }
    let plain = [
      201, 202, 204, 205, 206, 300, 304, 305, 400, 402, 403, 405, 406, 407, 408, 409, 411, 413, 415,
      418, 421, 422, 425, 426, 431, 451, 499, 500, 501, 502, 503, 504, 505, 507, 511, 520, 599, 600,
      999,
    ].map { status in
      body("answers \(status) and a page", status: status) {
        status == 204 || status == 304 ? [] : Array("<html>\(status)</html>".utf8)
      }
    }
    return redirects + plain
  }
}
