package import VitqFormat

/// What is wrong with an ONNX model.
///
/// Nodes are called by their names, or by their first results where they have none.
package enum ONNXError: Error, Equatable {
  case file(FileError)
  /// A tensor that is not made of floating-point numbers stands where a weight must be.
  case notAWeight(tensor: String, found: String)
  /// A weight that is NaN or infinite.
  case nonFinite(tensor: String, index: Int, value: Float)
}
