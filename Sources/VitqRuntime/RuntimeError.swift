/// Why a model cannot be opened or run.
public struct RuntimeError: Error, Sendable {
  /// The kind of an error; new kinds may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private let name: String

    /// The file is missing, unreadable, damaged, or no `.vitq` file.
    public static let unreadableModel = Code(name: "unreadable model")
    /// The file holds a full-precision model, which this library does not run.
    public static let notQuantized = Code(name: "not quantized")
    /// The program asks for more than the runtime can do.
    public static let unsupportedProgram = Code(name: "unsupported program")
    /// The file does not say how an image becomes the model's input.
    public static let missingPreprocessing = Code(name: "missing preprocessing")
    /// The image does not have the model's input size.
    public static let wrongImageSize = Code(name: "wrong image size")
    /// A number of threads below 1 or above ``Session/maximumThreadCount``.
    public static let invalidThreadCount = Code(name: "invalid thread count")
    /// The instruction set is unknown, or this machine does not have it.
    public static let unsupportedInstructionSet = Code(name: "unsupported instruction set")
    /// Memory or threads could not be had.
    public static let outOfResources = Code(name: "out of resources")

    /// The kind in words.
    public var description: String { name }
  }

  /// The kind of the error.
  public let code: Code
  /// What is wrong: the thing at fault, what was expected and what was found.
  public let message: String
  /// The error below this one.
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }
}

extension RuntimeError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}
