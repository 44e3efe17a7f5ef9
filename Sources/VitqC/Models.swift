import CVitq
import VitqRuntime

/// A pointer where the caller wants an error stored, if anywhere.
typealias ErrorTarget = UnsafeMutablePointer<OpaquePointer?>?

/// Stores an error where the caller asked for it.
func report(_ error: RuntimeError, to target: ErrorTarget) {
  guard let target = unsafe target else { return }
  unsafe target.pointee = OpaquePointer(retaining: ErrorHandle(error))
}

/// The name of the kind of an error.
@c @implementation
public func vitq_error_code(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
  unsafe error?.object(ErrorHandle.self).strings[0]
}

/// What is wrong, in one line.
@c @implementation
public func vitq_error_message(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
  unsafe error?.object(ErrorHandle.self).strings[1]
}

/// Gives up an error.
@c @implementation
public func vitq_error_free(_ error: OpaquePointer?) {
  unsafe error?.release(ErrorHandle.self)
}

/// Opens a quantized `.vitq` file.
@c @implementation
public func vitq_model_open(
  _ path: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  let name = unsafe path.map { unsafe String(cString: $0) } ?? ""
  do throws(RuntimeError) {
    return unsafe OpaquePointer(retaining: ModelHandle(try Model(name)))
  } catch let failure {
    unsafe report(failure, to: error)
    return nil
  }
}

/// Gives up a model.
@c @implementation
public func vitq_model_free(_ model: OpaquePointer?) {
  unsafe model?.release(ModelHandle.self)
}

/// The width of the input in pixels.
@c @implementation
public func vitq_input_width(_ model: OpaquePointer?) -> Int {
  unsafe model?.object(ModelHandle.self).model.inputWidth ?? 0
}

/// The height of the input in pixels.
@c @implementation
public func vitq_input_height(_ model: OpaquePointer?) -> Int {
  unsafe model?.object(ModelHandle.self).model.inputHeight ?? 0
}

/// Mean and deviation of the channels of a normalised tensor.
@c @implementation
public func vitq_normalization(
  _ model: OpaquePointer?, _ mean: UnsafeMutablePointer<Float>?,
  _ deviation: UnsafeMutablePointer<Float>?
) -> Int32 {
  guard let model = unsafe model?.object(ModelHandle.self).model, let mean = unsafe mean,
    let deviation = unsafe deviation, let preprocessing = model.preprocessing
  else { return -1 }
  for channel in 0..<3 {
    unsafe mean[channel] = preprocessing.mean[channel]
    unsafe deviation[channel] = preprocessing.standardDeviation[channel]
  }
  return 0
}

/// The number of logits.
@c @implementation
public func vitq_class_count(_ model: OpaquePointer?) -> Int {
  unsafe model?.object(ModelHandle.self).model.classCount ?? 0
}

/// The number of pooled features, 0 if there are none.
@c @implementation
public func vitq_feature_count(_ model: OpaquePointer?) -> Int {
  unsafe model?.object(ModelHandle.self).model.featureCount ?? 0
}

/// The number of blocks.
@c @implementation
public func vitq_block_count(_ model: OpaquePointer?) -> Int {
  unsafe model?.object(ModelHandle.self).model.blockCount ?? 0
}

/// The name of a class.
@c @implementation
public func vitq_label(_ model: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  unsafe model?.object(ModelHandle.self).labels[index]
}
