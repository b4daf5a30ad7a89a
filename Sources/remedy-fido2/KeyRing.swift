// The keys that are plugged in: which one answers, and how its owner is asked for a touch and a PIN.
//
// 1. To sign, each is asked without a touch whether it has one of the credentials; the first that has
//    is the one. Where none has, the host's parent is tried where the issuer names no party, and older
//    registrations under the address that they are under.
// 2. To make a credential, or where the keys are to find one by themselves, a touch chooses among
//    several.
// 3. A PIN is asked for where the issuer wants the owner verified, or would like it and the key has a
//    PIN. It is never sent twice by itself.

internal import CFido2
internal import JSON
internal import SecurityKeys

/// The security keys of this machine.
struct KeyRing {
  /// More than anybody plugs in.
  private static let limit = 16
  /// COSE's numbers of what the library can ask for: ES256, EdDSA, RS256, ES384.
  private static let algorithms = [-7, -8, -257, -35]

  private let keys: [KeyDevice]
  private let orders: OrderLine

  /// Opens them.
  ///
  /// - Parameter paths: the only ones to open; where empty, all that there are.
  /// - Throws: `KeyFault.noKey`.
  init(paths: [String], orders: OrderLine) throws(KeyFault) {
    self.orders = orders
    // No debugging output, and U2F for keys that know nothing newer.
    fido_init(0)
    let found = paths.isEmpty ? Self.found() : paths.map { (path: $0, name: "") }
    keys = found.compactMap { try? KeyDevice(path: $0.path, name: $0.name, orders: orders) }
    if keys.isEmpty { throw .noKey }
  }

  private static func found() -> [(path: String, name: String)] {
    guard let list = unsafe fido_dev_info_new(limit) else { return [] }
    defer {
      var list: OpaquePointer? = unsafe list
      unsafe fido_dev_info_free(&list, limit)
    }
    var count = 0
    guard unsafe fido_dev_info_manifest(list, limit, &count) == FIDO_OK else { return [] }
    return (0..<min(count, limit)).compactMap { index in
      guard let info = unsafe fido_dev_info_ptr(list, index),
        let path = unsafe fido_dev_info_path(info)
      else { return nil }
      let name = unsafe fido_dev_info_product_string(info).map { unsafe String(cString: $0) }
      return (unsafe String(cString: path), name ?? "")
    }
  }

  /// The values for the engine's form.
  /// - Throws: `KeyFault`.
  func answer(_ request: KeyRequest) throws(KeyFault) -> JSONObject {
    let fields: [(name: String, value: String)]
    switch request.purpose {
    case .assert(let allowed): fields = try assert(request, allowed)
    case .create(let creation): fields = try create(request, creation)
    }
    return JSONObject(fields.map { JSONObject.Member($0.name, .string($0.value)) })
  }

  // MARK: Signing

  private func assert(
    _ request: KeyRequest, _ allowed: [[UInt8]]
  ) throws(KeyFault) -> [(name: String, value: String)] {
    let (key, party) = try choose(request, allowed)
    let call = try AssertionCall(clientData: request.clientData, party: party, allowed: allowed)
    try run(on: key, request.verification) { verifies, pin in
      call.set(touches: true, verifies: verifies)
      return key.assert(call, pin: pin)
    }
    guard let fields = call.fields() else { throw .noCredential }
    return fields
  }

  private func choose(
    _ request: KeyRequest, _ allowed: [[UInt8]]
  ) throws(KeyFault) -> (KeyDevice, party: String) {
    guard !allowed.isEmpty else { return (try touched(), request.party) }
    var first: KeyFault?
    let others = [request.parentParty, request.olderParty].compactMap(\.self)
    for party in [request.party] + others {
      for key in keys {
        let call = try AssertionCall(clientData: request.clientData, party: party, allowed: allowed)
        call.set(touches: false, verifies: false)
        switch key.assert(call, pin: nil) {
        // Older keys say so by asking for a touch; ones that tell strangers nothing want the PIN first.
        case FIDO_OK, FIDO_ERR_UP_REQUIRED, FIDO_ERR_USER_PRESENCE_REQUIRED, FIDO_ERR_PIN_REQUIRED,
          FIDO_ERR_UNSUPPORTED_OPTION:
          return (key, party)
        case let status:
          first = first ?? KeyFault(status: status)
        }
      }
    }
    throw first ?? .noCredential
  }

  // MARK: Making

  private func create(
    _ request: KeyRequest, _ creation: KeyRequest.Creation
  ) throws(KeyFault) -> [(name: String, value: String)] {
    let key = try touched()
    let features = key.features()
    let offered = creation.algorithms.filter { Self.algorithms.contains($0) }
    let known = features.algorithms.isEmpty ? [-7] : features.algorithms
    guard let algorithm = offered.first(where: { known.contains($0) }) else { throw .unsupported }
    let keeps: Bool
    switch creation.residentKey {
    case .required: keeps = true
    case .preferred: keeps = features.keepsCredentials
    case .discouraged: keeps = false
    }
    if keeps, !key.isModern { throw .unsupported }
    let call = try CreationCall(
      clientData: request.clientData, party: request.party, creation, algorithm: algorithm,
      keeps: keeps)
    try run(on: key, request.verification) { verifies, pin in
      call.set(verifies: verifies)
      return key.create(call, pin: pin)
    }
    guard let fields = call.fields() else { throw .other(Int(FIDO_ERR_INTERNAL)) }
    let transports = features.transports.isEmpty ? ["usb"] : features.transports
    let extensions: JSONObject =
      creation.wantsProperties ? ["credProps": ["rk": .bool(keeps)]] : [:]
    return fields + [
      ("transports", JSONWriter.text(.array(transports.map { .string($0) }))),
      ("clientExtensions", JSONWriter.text(.object(extensions))),
    ]
  }

  // MARK: The owner

  /// The only key, or the one that is touched.
  private func touched() throws(KeyFault) -> KeyDevice {
    guard let only = keys.first else { throw .noKey }
    if keys.count == 1 { return only }
    var asked = keys.filter { $0.beginTouch() }
    KeyDevice.attend(asked, by: orders)
    defer { KeyDevice.attend([], by: orders) }
    RemedyFido2.say(.touch(device: ""))
    // Half a minute, as a key itself waits.
    var rounds = 30 * 5
    while !asked.isEmpty, rounds > 0 {
      rounds -= 1
      for key in asked {
        let milliseconds = CInt(200 / asked.count)
        guard let isTouched = key.wasTouched(milliseconds: milliseconds) else {
          asked.removeAll { $0 === key }
          continue
        }
        guard isTouched else { continue }
        for other in asked where other !== key { other.cancel() }
        return key
      }
    }
    for key in asked { key.cancel() }
    throw asked.isEmpty ? .pulledOut : .untouched
  }

  /// Runs a call with as much of its owner as the issuer wants and the key has.
  private func run(
    on key: KeyDevice, _ wish: KeyRequest.UserVerification,
    _ call: (_ verifies: Bool, _ pin: String?) -> CInt
  ) throws(KeyFault) {
    let wantsOwner = wish == .required || (wish == .preferred && (key.hasPIN || key.knowsOwner))
    guard wantsOwner, !key.knowsOwner else {
      RemedyFido2.say(.touch(device: key.name))
      switch call(wantsOwner, nil) {
      case FIDO_OK: return
      // A key that wants its PIN whoever asks, or a finger that it did not know.
      case FIDO_ERR_PIN_REQUIRED, FIDO_ERR_UV_BLOCKED, FIDO_ERR_UV_INVALID:
        guard key.hasPIN else { throw .cannotVerify }
        return try runWithPIN(on: key, call)
      case let status: throw KeyFault(status: status)
      }
    }
    guard key.hasPIN else { throw .cannotVerify }
    try runWithPIN(on: key, call)
  }

  private func runWithPIN(
    on key: KeyDevice, _ call: (_ verifies: Bool, _ pin: String?) -> CInt
  ) throws(KeyFault) {
    var trouble: KeyReport.PINTrouble?
    while true {
      RemedyFido2.say(.pin(tries: key.tries, trouble: trouble))
      guard case .pin(let pin)? = orders.next() else { throw .badRequest("pin") }
      // CTAP 2 §6.5.5: four characters at least, 63 bytes at most. A zero would end the string early.
      guard pin.unicodeScalars.count >= 4, pin.utf8.count <= 63, !pin.utf8.contains(0) else {
        trouble = .unfit
        continue
      }
      RemedyFido2.say(.touch(device: key.name))
      switch call(false, pin) {
      case FIDO_OK: return
      case FIDO_ERR_PIN_INVALID: trouble = .wrong
      case let status: throw KeyFault(status: status)
      }
    }
  }
}
