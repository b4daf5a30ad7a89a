// What is outside of a sign-in and decides how it goes: the mailbox, the phone, the app that makes
// codes, and the browser. All of it is played at the simulator, by its control plane and its pages;
// whether that is behind a socket or in this process is the only thing that differs.

import Foundation
import JSON
import TestSupport

/// Mailbox, phone and browser of whoever signs in.
struct Outside {
  /// What the simulator answers.
  struct Reply {
    var status: Int
    var location: String?
    var body: [UInt8] = []
  }

  /// One request: method, path or address, media type of the body, body.
  let exchange: (String, String, String?, String) throws -> Reply
  /// The time by the issuer's clock.
  let now: () -> Date

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

  /// The newest of what was sent to a person that has this in it.
  private func newest(_ member: String, of person: String) throws -> String? {
    try (get("outbox").array ?? []).last {
      $0["person"]?.string == person && $0[member]?.string?.isEmpty == false
    }?[member]?.string
  }

  /// The newest code that came by mail, SMS or call.
  func newestCode(of person: String) throws -> String? { try newest("code", of: person) }

  /// What of the newest mail's link goes back to the issuer.
  func newestToken() throws -> String? {
    try (get("outbox").array ?? []).last { $0["token"]?.string != nil }?["token"]?.string
  }

  /// Opens the link of the newest mail, and says whether it was its reader who asked.
  func answerMail(of person: String, _ decision: String) throws {
    guard let link = try newest("link", of: person), link.contains("/email/verify/") else { return }
    _ = try exchange("POST", link, Self.form, "decision=" + decision)
  }

  // MARK: The phone

  /// What waits on a person's phone: where to answer it, and the numbers to choose from.
  func waiting(of person: String) throws -> [(path: String, choices: [String])] {
    try ["pushes", "enrolments", "devices"].flatMap { kind in
      try (get(kind).array ?? []).filter {
        $0["state"] == "waiting" && $0["person"]?.string == person
      }.map { request in
        (
          path: "\(kind)/\(request["number"]?.int ?? 0)",
          choices: (request["choices"]?.array ?? []).compactMap(\.string)
        )
      }
    }
  }

  /// Approves on Duo's own page, and gives what it gives back; `nil` where nothing waits there.
  func duo(of person: String) throws -> String? {
    let request = try (get("pushes").array ?? []).last {
      $0["authenticator"] == "duo" && $0["person"]?.string == person
    }
    guard let number = request?["number"]?.int else { return nil }
    try decide("pushes/\(number)", approve: true)
    return try (get("pushes").array ?? []).first { $0["number"]?.int == number }?["response"]?
      .string
  }

  /// Approves or denies one of them.
  @discardableResult
  func decide(_ path: String, approve: Bool, number: String? = nil) throws -> Bool {
    var body: JSONObject = ["approve": .bool(approve)]
    body.append("number", number.map { .string($0) })
    return try post(path, .object(body))
  }

  /// The code that one of a person's apps shows now: `totp` or `okta_verify`.
  func code(_ app: String, of person: String) throws -> String? {
    let codes = try get("codes").array ?? []
    return codes.first { $0["identifier"]?.string == person }?[app]?.string
  }

  // MARK: The browser

  private static let form = "application/x-www-form-urlencoded"

  /// Opens the address that a prompt shows, and decides on the page that it leads to.
  ///
  /// - Parameter decision: `approve`, `more` or `deny`, as the page's buttons have it.
  /// - Returns: the address that the browser is sent to in the end; `nil` where it goes no further.
  func visit(_ address: String, as person: String, _ decision: String) throws -> String? {
    var address = address
    for _ in 0..<5 {
      let page = try exchange("GET", address, nil, "")
      if let location = page.location {
        address = location
        continue
      }
      guard page.status == 200 else { return nil }
      let query = address.drop { $0 != "?" }.dropFirst()
      let body = "\(query)&identifier=\(person)&decision=\(decision)"
      return try exchange("POST", String(address.prefix { $0 != "?" }), Self.form, body).location
    }
    throw Trouble("the browser is sent round and round")
  }
}
