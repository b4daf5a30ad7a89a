// One security key that is open, with libfido2's calls in the words of this program. Whatever is
// unsafe about the library is in this file and the two beside it.

internal import CFido2
internal import Glibc
internal import SecurityKeys

/// An open security key.
@safe
final class KeyDevice {
  /// How long a key may take for one answer, in milliseconds. Keys themselves give up after half a
  /// minute without a touch; older ones never do.
  static let patience: CInt = 60_000

  let name: String
  let path: String
  private let device: OpaquePointer
  private let orders: OrderLine

  /// - Throws: `KeyFault` where it cannot be opened.
  init(path: String, name: String, orders: OrderLine) throws(KeyFault) {
    guard let device = unsafe fido_dev_new() else { throw .other(Int(FIDO_ERR_INTERNAL)) }
    let status = unsafe fido_dev_open(device, path)
    guard status == FIDO_OK else {
      var device: OpaquePointer? = unsafe device
      unsafe fido_dev_free(&device)
      throw KeyFault(status: status)
    }
    unsafe fido_dev_set_timeout(device, Self.patience)
    unsafe self.device = device
    self.path = path
    self.name = name
    self.orders = orders
  }

  deinit {
    var device: OpaquePointer? = unsafe device
    unsafe fido_dev_close(device)
    unsafe fido_dev_free(&device)
  }

  var isModern: Bool { unsafe fido_dev_is_fido2(device) }
  var hasPIN: Bool { unsafe fido_dev_has_pin(device) }
  /// Whether it knows its owner by itself, by a finger.
  var knowsOwner: Bool { unsafe fido_dev_has_uv(device) }

  /// Wrong PINs that it still takes.
  var tries: Int? {
    var tries: CInt = 0
    return unsafe fido_dev_get_retry_count(device, &tries) == FIDO_OK ? Int(tries) : nil
  }

  /// What it says of itself.
  func features() -> (keepsCredentials: Bool, algorithms: [Int], transports: [String]) {
    guard isModern, let info = unsafe fido_cbor_info_new() else { return (false, [], []) }
    defer {
      var info: OpaquePointer? = unsafe info
      unsafe fido_cbor_info_free(&info)
    }
    guard unsafe fido_dev_get_cbor_info(device, info) == FIDO_OK else { return (false, [], []) }
    var keeps = false
    let count = unsafe fido_cbor_info_options_len(info)
    if let names = unsafe fido_cbor_info_options_name_ptr(info),
      let values = unsafe fido_cbor_info_options_value_ptr(info)
    {
      for index in 0..<count {
        guard let name = unsafe names[index], unsafe String(cString: name) == "rk" else { continue }
        keeps = unsafe values[index]
      }
    }
    let algorithms = (0..<(unsafe fido_cbor_info_algorithm_count(info))).map { index in
      Int(unsafe fido_cbor_info_algorithm_cose(info, index))
    }
    var transports: [String] = []
    if let names = unsafe fido_cbor_info_transports_ptr(info) {
      for index in 0..<(unsafe fido_cbor_info_transports_len(info)) {
        if let name = unsafe names[index] { transports.append(unsafe String(cString: name)) }
      }
    }
    return (keeps, algorithms, transports)
  }

  // MARK: One call of the key, which can be stopped

  /// Runs a call while standard input at its end stops the key.
  private func attended(_ call: (OpaquePointer) -> CInt) -> CInt {
    unsafe orders.attend([device])
    defer { unsafe orders.attend([]) }
    return unsafe call(device)
  }

  /// The same for several that wait for a touch, whichever comes.
  static func attend(_ keys: [KeyDevice], by orders: OrderLine) {
    unsafe orders.attend(keys.map { unsafe $0.device })
  }

  func assert(_ assertion: AssertionCall, pin: String?) -> CInt {
    unsafe attended { device in unsafe fido_dev_get_assert(device, assertion.pointer, pin) }
  }

  func create(_ creation: CreationCall, pin: String?) -> CInt {
    unsafe attended { device in unsafe fido_dev_make_cred(device, creation.pointer, pin) }
  }

  /// Begins to wait for a touch, which chooses this key among others.
  func beginTouch() -> Bool {
    unsafe fido_dev_get_touch_begin(device) == FIDO_OK
  }

  /// Whether it was touched; `nil` where it is gone.
  func wasTouched(milliseconds: CInt) -> Bool? {
    var touched: CInt = 0
    let status = unsafe fido_dev_get_touch_status(device, &touched, milliseconds)
    return status == FIDO_OK ? touched == 1 : nil
  }

  func cancel() { _ = unsafe fido_dev_cancel(device) }
}

extension KeyFault {
  /// What a number of the library means to a person.
  init(status: CInt) {
    self =
      switch status {
      case FIDO_ERR_NO_CREDENTIALS, FIDO_ERR_INVALID_CREDENTIAL: .noCredential
      case FIDO_ERR_CREDENTIAL_EXCLUDED: .alreadySetUp
      case FIDO_ERR_PIN_AUTH_BLOCKED: .mustReplug
      case FIDO_ERR_PIN_BLOCKED: .pinBlocked
      case FIDO_ERR_PIN_NOT_SET: .cannotVerify
      case FIDO_ERR_ACTION_TIMEOUT, FIDO_ERR_USER_ACTION_TIMEOUT, FIDO_ERR_TIMEOUT,
        FIDO_ERR_KEEPALIVE_CANCEL:
        .untouched
      case FIDO_ERR_OPERATION_DENIED, FIDO_ERR_NOT_ALLOWED: .denied
      case FIDO_ERR_TX, FIDO_ERR_RX: .pulledOut
      case FIDO_ERR_UNSUPPORTED_ALGORITHM, FIDO_ERR_UNSUPPORTED_OPTION,
        FIDO_ERR_UNSUPPORTED_EXTENSION, FIDO_ERR_KEY_STORE_FULL:
        .unsupported
      default: .other(Int(status))
      }
  }
}
