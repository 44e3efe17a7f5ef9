import VitqFormat

/// Reads ONNX files (see formats/onnx.md).
package enum ONNXReader {
  /// The model in the file at `path`, with weights still in the mapped file.
  ///
  /// - Throws: ``ONNXError``.
  package static func model(at path: String) throws(ONNXError) -> ONNXModel {
    throw .file(.notFound)
  }
}
