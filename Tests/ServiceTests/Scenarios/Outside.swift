// What is outside of a sign-in and decides how it goes: the mailbox, the phone, the app that makes
// codes, and the browser. All of it is played at the simulator, by its control plane and its pages;
// whether that is behind a socket or in this process is the only thing that differs.

import Foundation
import JSON
import TestSupport

/// Ann's mailbox, phone and browser.
struct Outside {
  /// What the simulator answers.
  struct Reply {
    var status: Int
    var location: String?
    var body: [UInt8] = []
  }

  /// One request: method, path or address, media type of the body, body.
  let exchange: (String, String, String?, String) throws -> Reply

  private func get(_ path: String) throws -> JSONValue {
    try JSONParser.parse(exchange("GET", "/simulator/" + path, nil, "").body)
  }

  /// - Returns: whether the simulator took it.
  @discardableResult
  func post(_ path: String, _ body: JSONValue) throws -> Bool {
    try exchange("POST", "/simulator/" + path, "application/json", JSONWriter.text(body)).status
      == 200
  }

  // MARK: The mailbox

  /// What was sent, newest last.
  private func outbox() throws -> [JSONValue] { try get("outbox").array ?? [] }

  /// The newest code that came by mail, SMS or call.
  func newestCode() throws -> String? {
    try outbox().last { $0["code"]?.string?.isEmpty == false }?["code"]?.string
  }

  /// What of the newest mail's link goes back to the issuer: to end a registration or recovery.
  func newestToken() throws -> String? {
    try outbox().last { $0["token"] != nil }?["token"]?.string
  }

  /// The link of the newest mail that has one.
  func newestLink() throws -> String? {
    try outbox().last { $0["link"] != nil }?["link"]?.string
  }

  /// Follows that link, and says on the page whether it was she who asked.
  func answerMail(_ decision: String) throws -> Reply {
    guard let link = try newestLink() else { throw Trouble("no mail has a link") }
    let reply = try exchange("POST", link, form, "decision=" + decision)
    guard reply.status < 400 else { throw Trouble("the link is dead: \(reply.status)") }
    return reply
  }

  // MARK: The phone

  /// What waits on the phone: where to answer it, and the numbers to choose from.
  func waiting() throws -> [(path: String, choices: [String])] {
    try Self.kinds.flatMap { kind in
      (try get(kind).array ?? []).filter { $0["state"] == "waiting" }.map { request in
        (
          path: "\(kind)/\(request["number"]?.int ?? 0)",
          choices: (request["choices"]?.array ?? []).compactMap(\.string)
        )
      }
    }
  }

  /// What the newest of them gives back, once it is approved: what Duo's page would say.
  func newestResponse() throws -> String? {
    try Self.kinds.flatMap { try get($0).array ?? [] }.last { $0["response"] != nil }?["response"]?
      .string
  }

  private static let kinds = ["pushes", "enrolments", "devices"]

  /// Approves whatever waits that needs no number.
  func approveAll() throws {
    for request in try waiting() where request.choices.isEmpty {
      _ = try decide(request.path, approve: true)
    }
  }

  /// Approves or denies one of them.
  func decide(_ path: String, approve: Bool, number: String? = nil) throws -> Bool {
    var body: JSONObject = ["approve": .bool(approve)]
    body.append("number", number.map { .string($0) })
    return try post(path, .object(body))
  }

  /// The codes that Ann's apps show now.
  func code(of app: String) throws -> String? {
    let codes = try get("codes").array ?? []
    return codes.first { $0["identifier"]?.string == Ann.name }?[app]?.string
  }

  // MARK: The browser

  private var form: String { "application/x-www-form-urlencoded" }

  /// Opens the address that a prompt shows, and decides on the page that it leads to.
  ///
  /// - Parameter decision: `approve`, `more` or `deny`, as the page's buttons have it.
  /// - Returns: the address that the browser is sent to in the end; `nil` where it goes no further.
  func visit(_ address: String, _ decision: String) throws -> String? {
    var address = address
    for _ in 0..<5 {
      let page = try exchange("GET", address, nil, "")
      if let location = page.location {
        address = location
        continue
      }
      guard page.status == 200 else { return nil }
      let query = address.drop { $0 != "?" }.dropFirst()
      let body = "\(query)&identifier=\(Ann.name)&decision=\(decision)"
      return try exchange("POST", String(address.prefix { $0 != "?" }), form, body).location
    }
    throw Trouble("the browser is sent round and round")
  }
}

extension Household {
  /// The simulator of this household, by `curl`.
  var outside: Outside {
    let (origin, authority) = (origin, folder.path + "/ca.pem")
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
