// What the broker says unasked: to the connections that have attached as prompters, and to those
// that have subscribed to tokens.

public import JSON

/// One kind of notification: its name, its sentence and its parameters.
public protocol NotificationParams: Sendable, Equatable {
  /// The name on the wire.
  static var name: String { get }
  /// When it comes, in one sentence.
  static var summary: String { get }
  static var fields: [FieldDescription] { get }

  /// Reads the wire form.
  ///
  /// - Throws: `WireFault.malformed` with the member that is missing or of another type.
  init(json: JSONValue) throws(WireFault)

  /// The wire form.
  var json: JSONObject { get }
}

/// Any notification of the interface.
public enum BrokerNotification: Sendable, Equatable {
  case show(PromptShow)
  case update(PromptUpdate)
  case withdraw(PromptWithdraw)
  case changed(TokenChanged)
  case gone(TokenGone)
  /// One of a later version: to be passed over.
  case unknown(method: String)

  /// Every kind, as the document lists them.
  static let kinds: [any NotificationParams.Type] = [
    PromptShow.self, PromptUpdate.self, PromptWithdraw.self, TokenChanged.self, TokenGone.self,
  ]

  /// Reads a notification as it came.
  ///
  /// - Throws: `WireFault.malformed` where a known one is not what it must be.
  public init(method: String, params: JSONValue) throws(WireFault) {
    self =
      switch method {
      case PromptShow.name: .show(try PromptShow(json: params))
      case PromptUpdate.name: .update(try PromptUpdate(json: params))
      case PromptWithdraw.name: .withdraw(try PromptWithdraw(json: params))
      case TokenChanged.name: .changed(try TokenChanged(json: params))
      case TokenGone.name: .gone(try TokenGone(json: params))
      default: .unknown(method: method)
      }
  }

  /// The name on the wire.
  public var method: String {
    switch self {
    case .show: PromptShow.name
    case .update: PromptUpdate.name
    case .withdraw: PromptWithdraw.name
    case .changed: TokenChanged.name
    case .gone: TokenGone.name
    case .unknown(let method): method
    }
  }

  /// The wire form of the parameters.
  public var params: JSONObject {
    switch self {
    case .show(let show): show.json
    case .update(let update): update.json
    case .withdraw(let withdraw): withdraw.json
    case .changed(let changed): changed.json
    case .gone(let gone): gone.json
    case .unknown: [:]
    }
  }
}
