/**
 * The hyperparameters of SageMaker's XGBoost algorithm, to check their names before a job starts.
 *
 * Source: `src/algorithms/xgboost/hyperparameters.py`, which checks their values in the job; a test compares the two.
 */
import { SluiceError } from '../core/errors.ts';
import { didYouMean } from '../core/suggest.ts';

/** Their names, with those that mean the same. */
export const XGBOOST_HYPERPARAMETERS: readonly string[] =
  `num_round csv_weights early_stopping_rounds booster verbosity nthread eta gamma max_depth min_child_weight
  max_delta_step subsample colsample_bytree colsample_bylevel colsample_bynode lambda alpha tree_method sketch_eps
  scale_pos_weight updater dsplit refresh_leaf process_type grow_policy max_leaves max_bin predictor monotone_constraints
  interaction_constraints sample_type normalize_type rate_drop one_drop skip_drop lambda_bias tweedie_variance_power
  objective num_class base_score _kfold _num_cv_round _tuning_objective_metric eval_metric seed num_parallel_tree
  save_model_on_termination aft_loss_distribution aft_loss_distribution_scale deterministic_histogram sampling_method
  prob_buffer_row use_dask_gpu_training learning_rate min_split_loss reg_lambda reg_alpha`.split(/\s+/);

/** @throws SluiceError `InvalidArgument` for a hyperparameter that the algorithm does not have */
export function validateXgboostHyperparameters(names: readonly string[]): void {
  const unknown = names.find((name) => !XGBOOST_HYPERPARAMETERS.includes(name));
  if (unknown === undefined) return;
  const meant = didYouMean(unknown, XGBOOST_HYPERPARAMETERS);
  throw new SluiceError(
    'InvalidArgument',
    `hyperparameters: XGBoost has no '${unknown}'.${meant === '' ? '' : ` ${meant}`}`,
  );
}
