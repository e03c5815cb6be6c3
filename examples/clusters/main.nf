// Embeds one input with several tasks: nextflow run main.nf --input proteins.faa --out /shared/out --tasks 4
// Paths are absolute, on a file system that all nodes share: tasks work in the run's folder, not in their own.
params.tasks = 4
params.options = ''

process PLAN {
    output: val true
    script: "holdfast submit ${params.input} --out ${params.out} ${params.options} --dry-run"
}

process WORK {
    // A task that is told to stop saves its work and ends with 75.
    errorStrategy { task.exitStatus == 75 || task.exitStatus in 137..143 ? 'retry' : 'finish' }
    maxRetries 20
    input: val planned; each index
    output: val index
    script: "holdfast work ${params.out}"
}

process JOIN {
    input: val done
    script: "holdfast join ${params.out}"
}

workflow {
    PLAN()
    WORK(PLAN.out, 1..params.tasks)
    JOIN(WORK.out.collect())
}
