import VitqFaults
import VitqAutodiff
import VitqCommandLine
import VitqKit
import VitqReporting

/// A run, or the images of one, with what it is estimated to take and what there is for it.
struct RunPlan {
  private let recipe: RunRecipe
  private let quantizes: Bool
  private let estimate: RunEstimate
  private let limit: Int
  private let threads: Int

  init(
    _ recipe: RunRecipe, _ model: GraphModel, images: Int? = nil, quantizes: Bool = true,
    workers: Workers, _ options: PlanOptions
  ) throws {
    self.recipe = recipe
    self.quantizes = quantizes
    limit = options.maximumByteCount ?? AvailableMemory.byteCount(threads: workers.count)
    threads = workers.count
    estimate = try CommandFailure.mapping { () throws(KitError) in
      try RunEstimate(
        of: recipe, on: model, images: images, quantizes: quantizes, workers: workers,
        isTimed: options.dryRun)
    }
  }

  /// Refuses a run that would fail for want of memory, before any work.
  func check() throws {
    do throws(KitError) {
      try estimate.check(limit: limit)
    } catch {
      let failure = CommandFailure(error)
      throw CommandFailure(failure.status, "\(failure.message), or raise --max-memory")
    }
  }

  /// The recipe as a file, what it takes in comments on top.
  func print(json: Bool) {
    let synthesis = estimate.synthesisSeconds ?? 0
    let quantization = estimate.quantizationSeconds ?? 0
    if json {
      Output.line(
        JSONText.object([
          ("schema", .string("vitq.plan/1")), ("threads", .integer(threads)),
          ("synthesis_seconds", .number(synthesis)),
          ("quantization_seconds", .number(quantization)),
          ("peak_bytes", .integer(estimate.byteCount)), ("limit_bytes", .integer(limit)),
          ("fits", .bool(estimate.byteCount <= limit)), ("recipe", .string(recipe.text)),
        ]).text)
      return
    }
    let total = Figures.duration(synthesis + quantization)
    let parts =
      quantizes
      ? ": images \(Figures.duration(synthesis)), quantization \(Figures.duration(quantization))"
      : ""
    Output.line("# about \(total) on \(threads) threads\(parts)")
    let verdict = estimate.byteCount <= limit ? "" : ": too much, the run would be refused"
    Output.line(
      "# about \(Figures.megabytes(estimate.byteCount)) of memory, of "
        + "\(Figures.megabytes(limit))\(verdict)")
    Output.lines(recipe.text)
  }
}
