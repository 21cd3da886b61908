script_test(layers layers_test.sh)
