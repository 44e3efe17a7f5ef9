import ArgumentParser
import VitqFaults
package import VitqImage
import VitqImageCodecs
import VitqReporting
import VitqRuntime

/// What `infer` does with any model that gives logits.
package enum InferCommand {
  /// What a model gives for an image.
  package struct Outputs {
    var logits: [Float]
    /// `nil` if the model gives none.
    var features: [Float]?
    /// The tokens behind the block that was asked for; `nil` if none was, or the model gives none.
    var tokens: [[Float]]?

    package init(logits: [Float], features: [Float]? = nil, tokens: [[Float]]? = nil) {
      self.logits = logits
      self.features = features
      self.tokens = tokens
    }
  }

  /// Decodes each image, runs the model and prints what it shows.
  ///
  /// Of several images, those that cannot be read are reported, the others answered, and the
  /// command then ends with the status of the first trouble.
  ///
  /// - Parameters:
  ///   - options: The options of the command.
  ///   - model: The path of the model, for reports.
  ///   - labels: The classes, or none.
  ///   - run: Preprocesses and runs one image.
  /// - Throws: ``CommandFailure`` of the one image, or the `ExitCode` of several.
  package static func run(
    _ options: InferOptions, model: String, labels: [String],
    run: (PixelBuffer) throws -> Outputs
  ) throws {
    var status: ExitStatus?
    for path in options.images {
      do {
        let answer = try answer(path, options, model: model, labels: labels, run)
        if options.json {
          Output.line(answer.json.text)
        } else {
          if options.images.count > 1 { Output.line(CommandFailure.printable(path)) }
          Output.line(answer.text)
        }
      } catch let error as CommandFailure {
        guard options.images.count > 1 else { throw error }
        StandardError.line(error.line)
        status = status ?? error.status
      }
    }
    if let status { throw ExitCode(status.rawValue) }
  }

  private static func answer(
    _ path: String, _ options: InferOptions, model: String, labels: [String],
    _ run: (PixelBuffer) throws -> Outputs
  ) throws -> Answer {
    let decoded: DecodedImage
    do throws(ImageError) {
      decoded = try ImageDecoder.decode(
        ImageFile.read(path: path), orientation: options.exif == .apply ? .apply : .ignore)
    } catch {
      throw CommandFailure(path, error)
    }
    if !options.quiet {
      if options.exif == .ignore, let orientation = decoded.orientation, orientation != .upright {
        note("\(path): EXIF orientation ignored, as timm does; --exif apply turns the image")
      }
      if decoded.saturatedCount > 0 {
        note("\(path): 16-bit grey is clamped to white above 255, as Pillow does")
      }
    }
    let start = ContinuousClock.now
    let outputs = try run(decoded.pixels)
    let scores = outputs.logits
    let seconds = (ContinuousClock.now - start).inSeconds
    guard scores.allSatisfy(\.isFinite) else {
      throw CommandFailure(.selfCheckFailed, "\(model): a logit of \(path) is not finite")
    }
    guard outputs.features != nil || !options.features else {
      throw CommandFailure(
        .unavailable,
        "\(model): no pooled features: expected a quantized model that keeps them")
    }
    guard outputs.tokens != nil || options.tokens == nil else {
      throw CommandFailure(
        .unavailable, "\(model): no tokens of blocks: expected a quantized model")
    }
    return Answer(
      image: path, model: model,
      predictions: Prediction.top(options.top, of: scores, labels: labels),
      features: options.features ? outputs.features : nil, tokens: outputs.tokens,
      seconds: seconds)
  }

  private static func note(_ text: String) {
    StandardError.line(CommandFailure.printable(text))
  }
}
