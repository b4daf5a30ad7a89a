// What is outside of a sign-in and decides how it goes: the mailbox, the phone, the app that makes
// codes, and the browser. All of it is played at the simulator, by its control plane and its pages;
// whether that is behind a socket or in this process is the only thing that differs.

import Foundation
import JSON
import TestSupport

/// Mailbox, phone and browser of whoever signs in.
public struct Outside {
  /// What the simulator answers.
  public struct Reply {
    /// The status of HTTP.
    public var status: Int
    /// Where it sends a browser.
    public var location: String?
    /// What else it says.
    public var body: [UInt8]

    /// An answer with these parts.
    public init(status: Int, location: String? = nil, body: [UInt8] = []) {
      self.status = status
      self.location = location
      self.body = body
    }
  }

  /// One request: method, path or address, media type of the body, body.
  public typealias Exchange = (String, String, String?, String) throws -> Reply

  /// Makes a request.
  public let exchange: Exchange
  /// The time by the issuer's clock.
  public let now: () -> Date

  /// What is outside of an organisation that is reached so.
  public init(_ exchange: @escaping Exchange, now: @escaping () -> Date = { Date() }) {
    self.exchange = exchange
    self.now = now
  }

  /// What the simulator's control plane says at this path.
  public func get(_ path: String) throws -> JSONValue {
    try JSONParser.parse(exchange("GET", "/simulator/" + path, nil, "").body)
  }

  /// Tells it something.
  ///
  /// - Returns: whether the simulator took it.
  @discardableResult
  public func post(_ path: String, _ body: JSONValue) throws -> Bool {
    try exchange("POST", "/simulator/" + path, "application/json", JSONWriter.text(body)).status
      == 200
  }

  // MARK: The mailbox

  /// The newest of what was sent that has this in it: to a person, or to anybody.
  private func newest(_ member: String, of person: String?) throws -> String? {
    try (get("outbox").array ?? []).last {
      (person == nil || $0["person"]?.string == person) && $0[member]?.string?.isEmpty == false
    }?[member]?.string
  }

  /// The newest code that came by mail, SMS or call: to a person, or to anybody.
  public func newestCode(of person: String? = nil) throws -> String? {
    try newest("code", of: person)
  }

  /// What of the newest mail's link goes back to the issuer: to end a registration or recovery.
  public func newestToken() throws -> String? { try newest("token", of: nil) }

  /// Opens the link of the newest mail, and says whether it was its reader who asked.
  ///
  /// - Returns: whether there was such a link, and it was good.
  @discardableResult
  public func answerMail(of person: String, _ decision: String) throws -> Bool {
    guard let link = try newest("link", of: person), link.contains("/email/verify/") else {
      return false
    }
    return try exchange("POST", link, Self.form, "decision=" + decision).status < 400
  }

  // MARK: The phone

  /// What waits on a person's phone: where to answer it, and the numbers to choose from.
  public func waiting(of person: String) throws -> [(path: String, choices: [String])] {
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
  public func duo(of person: String) throws -> String? {
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
  public func decide(_ path: String, approve: Bool, number: String? = nil) throws -> Bool {
    var body: JSONObject = ["approve": .bool(approve)]
    body.append("number", number.map { .string($0) })
    return try post(path, .object(body))
  }

  /// The code that one of a person's apps shows now: `totp` or `okta_verify`.
  public func code(_ app: String, of person: String) throws -> String? {
    let codes = try get("codes").array ?? []
    return codes.first { $0["identifier"]?.string == person }?[app]?.string
  }

  // MARK: The browser

  private static let form = "application/x-www-form-urlencoded"

  /// Opens the address that a prompt shows, and decides on the page that it leads to.
  ///
  /// - Parameter decision: `approve`, `more` or `deny`, as the page's buttons have it.
  /// - Returns: the address that the browser is sent to in the end; `nil` where it goes no further.
  public func visit(_ address: String, as person: String, _ decision: String) throws -> String? {
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
