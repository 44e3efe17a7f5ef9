/// Why a model cannot be opened or run.
public struct RuntimeError: Error, Sendable {
  /// The kind of an error; new kinds may be added, so a `switch` over them needs a `default`.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// A name that does not change, in lower case with hyphens.
    public let rawValue: String

    /// The kind of that name, whether this version knows it or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The file is missing, unreadable, damaged, or no `.vitq` file.
    public static let unreadableModel = Code(rawValue: "unreadable-model")
    /// The file holds a full-precision model, which this library does not run.
    public static let notQuantized = Code(rawValue: "not-quantized")
    /// The program asks for more than the runtime can do.
    public static let unsupportedProgram = Code(rawValue: "unsupported-program")
    /// The file does not say how an image becomes the model's input.
    public static let missingPreprocessing = Code(rawValue: "missing-preprocessing")
    /// The image does not have the model's input size.
    public static let wrongImageSize = Code(rawValue: "wrong-image-size")
    /// Sides, row stride and number of bytes of an image do not fit each other, or a side is not
    /// 1 to 65 535 pixels.
    public static let invalidPixels = Code(rawValue: "invalid-pixels")
    /// A tensor does not have the model's input size, or holds a value that is not finite.
    public static let invalidTensor = Code(rawValue: "invalid-tensor")
    /// A block that the model does not have.
    public static let invalidBlock = Code(rawValue: "invalid-block")
    /// A number of threads below 1 or above ``Session/maximumThreadCount``.
    public static let invalidThreadCount = Code(rawValue: "invalid-thread-count")
    /// A pool of less than one session.
    public static let invalidSessionCount = Code(rawValue: "invalid-session-count")
    /// The instruction set is unknown, or this machine does not have it.
    public static let unsupportedInstructionSet = Code(rawValue: "unsupported-instruction-set")
    /// `VITQ_SPIN_US` is no number of microseconds.
    public static let invalidSpinTime = Code(rawValue: "invalid-spin-time")
    /// The file was cut short or written to while the model was in use.
    public static let modelChanged = Code(rawValue: "model-changed")
    /// Memory or threads could not be had.
    public static let outOfResources = Code(rawValue: "out-of-resources")

    /// The name.
    public var description: String { rawValue }
  }

  /// The kind of the error.
  public let code: Code
  /// What is wrong: the thing at fault, what was expected and what was found.
  public let message: String
  /// The file at fault, as it was given, or `nil` if none is.
  public let path: String?
  /// The error below this one.
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, path: String? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.path = path
    self.cause = cause
  }

  /// Memory that could not be had.
  static func noMemory(byteCount: Int) -> RuntimeError {
    RuntimeError(.outOfResources, "memory: cannot allocate \(byteCount) bytes")
  }

  /// The same error of a file.
  func of(_ path: String) -> RuntimeError {
    RuntimeError(code, message, path: path, cause: cause)
  }
}

extension RuntimeError: CustomStringConvertible {
  /// The message, after the path if there is one.
  public var description: String { path.map { "\($0): \(message)" } ?? message }
}
