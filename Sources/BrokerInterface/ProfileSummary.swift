// A profile as it is told to those who may use it.

public import JSON

/// One registered client at one issuer, as a caller may see it.
public struct ProfileSummary: Sendable, Equatable {
  /// Whose sessions the profile has.
  public enum Ownership: String, Sendable, CaseIterable {
    /// Each calling uid has one of its own.
    case caller
    /// The service has one, which all allowed callers share.
    case service
  }

  /// As the configuration calls it.
  public var name: String
  /// The issuer's address.
  public var issuer: String
  /// Which client it is at the issuer.
  public var clientID: String
  /// What is asked for unless a caller says less.
  public var scopes: [String]
  /// Whose its sessions are.
  public var owner: Ownership
  /// Whether its tokens are bound to a key of the broker (RFC 9449).
  public var dpop: Bool
  /// The caller's session.
  public var session: SessionSummary?

  /// Made of its parts; what is left out has the value that stands here.
  public init(
    name: String, issuer: String, clientID: String, scopes: [String], owner: Ownership,
    dpop: Bool = false, session: SessionSummary? = nil
  ) {
    self.name = name
    self.issuer = issuer
    self.clientID = clientID
    self.scopes = scopes
    self.owner = owner
    self.dpop = dpop
    self.session = session
  }

  public var json: JSONValue {
    [
      "name": .string(name), "issuer": .string(issuer), "client_id": .string(clientID),
      "scopes": scopes.json, "owner": .string(owner.rawValue), "dpop": .bool(dpop),
      "session": session?.json ?? .null,
    ]
  }

  /// Reads the wire form.
  ///
  /// - Throws: `WireFault.malformed` with the member that is missing or of another type.
  public init(json: JSONValue) throws(WireFault) {
    self.init(
      name: try json.required("name", \.string), issuer: try json.required("issuer", \.string),
      clientID: try json.required("client_id", \.string),
      scopes: try json.list("scopes") { (scope) throws(WireFault) in
        guard let scope = scope.string else { throw .malformed(member: "scopes") }
        return scope
      },
      owner: try json.required("owner") { $0.string.flatMap { Ownership(rawValue: $0) } },
      dpop: try json.required("dpop", \.bool), session: try SessionSummary.member(of: json))
  }
}
