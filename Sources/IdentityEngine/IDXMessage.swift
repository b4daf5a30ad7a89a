// What the engine says in words, wherever it says it (protocol reference §3.5).

public import JSON

/// One message of the engine. Class and key may both be missing: then the words are all there is.
public struct IDXMessage: Sendable, Equatable {
  /// `ERROR`, `WARNING`, `INFO`, or whatever the engine wrote.
  public var level: String?
  /// The key that stays the same in every language.
  public var key: String?
  /// The words, in the language of the answer; the key where the engine sent no words.
  public var text: String
  /// `{label, url}` each.
  public var links: [JSONValue]

  init?(_ json: JSONValue) {
    guard let object = json.object else { return nil }
    let key = object["i18n"]?["key"]?.string
    guard let text = object["message"]?.string ?? key else { return nil }
    self.text = text
    self.key = key
    level = object["class"]?.string
    links = object["links"]?.array ?? []
  }

  /// The messages in `{type: array, value: […]}`, in a bare array, or in nothing.
  static func list(_ json: JSONValue?) -> [IDXMessage] {
    (json?["value"]?.array ?? json?.array ?? []).compactMap { IDXMessage($0) }
  }
}
