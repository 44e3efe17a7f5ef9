import VitqRuntime

/// What a `vitq_model` points to.
final class ModelHandle: Sendable {
  let model: Model
  /// The labels as C strings; they live as long as the instance.
  let labels: CStrings

  init(_ model: Model) {
    self.model = model
    labels = CStrings(model.labels)
  }
}

/// What a `vitq_session` points to.
final class SessionHandle {
  var session: Session
  /// The logits of the last image; empty before the first.
  var logits: [Float] = []

  init(_ session: consuming Session) { self.session = session }
}

/// What a `vitq_error` points to.
final class ErrorHandle: Sendable {
  /// The code, then the text.
  let strings: CStrings

  init(_ error: RuntimeError) { strings = CStrings([error.code.rawValue, error.description]) }
}

/// The pointers that C holds to instances, each of which counts as one reference.
extension OpaquePointer {
  /// A pointer that keeps `object` alive until ``release(_:)``.
  init(retaining object: AnyObject) {
    unsafe self.init(Unmanaged.passRetained(object).toOpaque())
  }

  /// The instance that the pointer was made of.
  func object<Object: AnyObject>(_: Object.Type) -> Object {
    unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).takeUnretainedValue()
  }

  /// Gives up the reference.
  func release<Object: AnyObject>(_: Object.Type) {
    unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).release()
  }
}
