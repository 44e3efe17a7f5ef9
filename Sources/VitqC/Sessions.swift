public import CVitq
import VitqRuntime

/// Makes a session of a model.
@c @implementation
public func vitq_session_create(
  _ model: OpaquePointer?, _ threads: Int32, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  guard let model = unsafe model else { return nil }
  do throws(RuntimeError) {
    let session = try Session(unsafe model.object(ModelHandle.self).model, threads: Int(threads))
    return unsafe OpaquePointer(retaining: SessionHandle(session))
  } catch let failure {
    unsafe report(failure, to: error)
    return nil
  }
}

/// Gives up a session.
@c @implementation
public func vitq_session_free(_ session: OpaquePointer?) {
  unsafe session?.release(SessionHandle.self)
}

/// The likeliest classes of an image of any size.
@c @implementation
public func vitq_classify_rgb(
  _ session: OpaquePointer?, _ pixels: UnsafePointer<UInt8>?, _ width: Int, _ height: Int,
  _ stride: Int, _ count: Int32, _ predictions: UnsafeMutablePointer<vitq_prediction>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guard let handle = unsafe session?.object(SessionHandle.self) else { return -1 }
  do throws(RuntimeError) {
    let image = try unsafe copy(pixels, width, height, stride)
    handle.logits = try handle.session.logits(of: image)
  } catch let failure {
    unsafe report(failure, to: error)
    return -1
  }
  guard let predictions = unsafe predictions else { return 0 }
  let top = Prediction.top(Int(count), of: handle.logits, labels: [])
  for (place, prediction) in top.enumerated() {
    unsafe predictions[place] = vitq_prediction(
      index: prediction.index, logit: prediction.logit, probability: prediction.probability)
  }
  return Int32(top.count)
}

/// Runs an image of the size of the input.
@c @implementation
public func vitq_run_rgb(
  _ session: OpaquePointer?, _ pixels: UnsafePointer<UInt8>?, _ width: Int, _ height: Int,
  _ stride: Int, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guard let handle = unsafe session?.object(SessionHandle.self) else { return -1 }
  do throws(RuntimeError) {
    handle.logits = try handle.session.run(try unsafe copy(pixels, width, height, stride))
    return 0
  } catch let failure {
    unsafe report(failure, to: error)
    return -1
  }
}

/// Runs a normalised tensor of the size of the input.
@c @implementation
public func vitq_run_f32(
  _ session: OpaquePointer?, _ tensor: UnsafePointer<Float>?, _ count: Int,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guard let handle = unsafe session?.object(SessionHandle.self) else { return -1 }
  let length = unsafe tensor == nil ? 0 : max(count, 0)
  let values = unsafe UnsafeBufferPointer(start: tensor, count: length)
  do throws(RuntimeError) {
    handle.logits = try handle.session.logits(ofTensor: unsafe values.span)
    return 0
  } catch let failure {
    unsafe report(failure, to: error)
    return -1
  }
}

/// Copies the logits of the last image.
@c @implementation
public func vitq_logits(
  _ session: OpaquePointer?, _ logits: UnsafeMutablePointer<Float>?, _ count: Int
) -> Int {
  guard let handle = unsafe session?.object(SessionHandle.self) else { return 0 }
  return unsafe store(handle.logits, to: logits, count)
}

/// Copies the pooled features of the last image.
@c @implementation
public func vitq_features(
  _ session: OpaquePointer?, _ features: UnsafeMutablePointer<Float>?, _ count: Int
) -> Int {
  guard let handle = unsafe session?.object(SessionHandle.self) else { return 0 }
  return unsafe store(handle.session.features ?? [], to: features, count)
}

/// Gives the tokens behind a block.
@c @implementation
public func vitq_tokens_rgb(
  _ session: OpaquePointer?, _ pixels: UnsafePointer<UInt8>?, _ width: Int, _ height: Int,
  _ stride: Int, _ block: Int, _ tokens: UnsafeMutablePointer<Float>?, _ count: Int,
  _ columns: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  guard let handle = unsafe session?.object(SessionHandle.self) else { return -1 }
  do throws(RuntimeError) {
    let crop = try unsafe copy(pixels, width, height, stride)
    let outputs = try handle.session.outputs(ofCrop: crop, after: [block])
    handle.logits = outputs.logits
    let rows = outputs.tokens[0].tokens
    if let columns = unsafe columns { unsafe columns.pointee = rows.first?.count ?? 0 }
    _ = unsafe store(rows.flatMap(\.self), to: tokens, count)
    return Int32(rows.count)
  } catch let failure {
    unsafe report(failure, to: error)
    return -1
  }
}

/// The image whose rows C describes; sizes that no image has are refused before a byte is read.
private func copy(
  _ pixels: UnsafePointer<UInt8>?, _ width: Int, _ height: Int, _ stride: Int
) throws(RuntimeError) -> PixelBuffer {
  let (start, _) = stride.multipliedReportingOverflow(by: height > 0 ? height - 1 : 0)
  let (row, _) = width.multipliedReportingOverflow(by: 3)
  let (end, isLong) = start.addingReportingOverflow(row)
  let count = unsafe pixels == nil || isLong ? 0 : max(end, 0)
  let bytes = unsafe UnsafeBufferPointer(start: pixels, count: count)
  return try PixelBuffer(
    rgb: unsafe bytes.span, width: width, height: height, rowStride: stride)
}

private func store(
  _ values: [Float], to target: UnsafeMutablePointer<Float>?, _ count: Int
) -> Int {
  guard let target = unsafe target, count > 0 else { return 0 }
  let copied = values.prefix(count)
  for (place, value) in copied.enumerated() { unsafe target[place] = value }
  return copied.count
}
